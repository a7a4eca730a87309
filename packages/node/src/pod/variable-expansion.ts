/**
 * Replaces `$(NAME)` by the variable's value, `$$` by `$`; a reference to an unknown name stays as it is
 * (Kubernetes' expansion of commands, arguments and variables).
 */
export function expandVariables(text: string, values: ReadonlyMap<string, string>): string {
  return text.replace(/\$(?:\$|\(([^)]*)\))/g, (match, name: string | undefined) => {
    if (name === undefined) return '$';
    return values.get(name) ?? match;
  });
}
