/** Randomness and identities, handed in. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** Whole number in [0, bound). */
  integer(bound: number): number;
  /** RFC 9562 version 4 UUID. */
  uuid(): string;
  /** `length` characters of the alphabet Kubernetes uses for generated names (bcdfghjklmnpqrstvwxz2456789). */
  suffix(length: number): string;
}
