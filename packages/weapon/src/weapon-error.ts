/** `usage`: an argument, variable or file says what cannot be. `in-use`: another weapon holds the folder or the port. */
export type WeaponErrorCode = 'usage' | 'in-use' | 'journal' | 'listen';

/** Why a weapon cannot begin or go on. */
export class WeaponError extends Error {
  override readonly name = 'WeaponError';
  readonly code: WeaponErrorCode;

  constructor(options: { readonly code: WeaponErrorCode; readonly message: string; readonly cause?: unknown }) {
    super(options.message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = options.code;
  }

  /** Any thrown value as a WeaponError; what is one already stays as it is, what the system says is `code`'s. */
  static from(error: unknown, code: WeaponErrorCode): WeaponError {
    if (error instanceof WeaponError) return error;
    return new WeaponError({ code, message: error instanceof Error ? error.message : String(error), cause: error });
  }
}

/** The system's own code of an error (`ENOENT`), where it has one. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
