/** Reads the protobuf wire format: varints, 64-bit and 32-bit values, length-delimited bytes. */
export class WireReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length;
  }

  /** The next field's number and wire type. */
  tag(): { readonly number: number; readonly wire: number } {
    const tag = Number(this.varint());
    return { number: Math.floor(tag / 8), wire: tag % 8 };
  }

  varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#bytes[this.#at];
      if (byte === undefined) throw new RangeError('unexpected EOF');
      this.#at += 1;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw new RangeError('a varint is longer than ten bytes');
  }

  double(): number {
    const value = this.#view.getFloat64(this.#take(8), true);
    return value;
  }

  float(): number {
    return this.#view.getFloat32(this.#take(4), true);
  }

  bytes(): Uint8Array {
    const length = Number(this.varint());
    const start = this.#take(length);
    return this.#bytes.subarray(start, start + length);
  }

  skip(wire: number): void {
    if (wire === 0) this.varint();
    else if (wire === 1) this.#take(8);
    else if (wire === 2) this.bytes();
    else if (wire === 5) this.#take(4);
    else throw new RangeError(`wire type ${wire} is not known`);
  }

  #take(length: number): number {
    const start = this.#at;
    if (length > this.#bytes.length - start) throw new RangeError('unexpected EOF');
    this.#at += length;
    return start;
  }
}
