/** The variable in which the embedded node agent hands a process the table from mount path to folder. */
const TABLE_VARIABLE = 'HARDPOINT_MOUNTS';

/**
 * Where a container's path lies for this process. A process of the embedded node agent has a table of mounts in its
 * environment, whose longest prefix counts and whose folders are relative to the working folder; elsewhere the path stays.
 * Throws a SyntaxError where the table does not parse.
 */
export function resolvePath(path: string, env: Readonly<Record<string, string | undefined>>): string {
  const table = env[TABLE_VARIABLE];
  if (table === undefined || table === '') return path;
  const mounts: unknown = JSON.parse(table);
  if (typeof mounts !== 'object' || mounts === null) throw new SyntaxError(`${TABLE_VARIABLE} is not a JSON object`);
  let longest = '';
  let folder: string | undefined;
  for (const [mount, target] of Object.entries(mounts)) {
    const prefix = mount.replace(/\/+$/, '');
    if (prefix.length < longest.length || (path !== prefix && !path.startsWith(`${prefix}/`))) continue;
    longest = prefix;
    folder = String(target);
  }
  return folder === undefined ? path : `${folder}${path.slice(longest.length)}`;
}
