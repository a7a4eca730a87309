import messages from './generated/protobuf.json' with { type: 'json' };

/** Number, JSON name, type and flags of a field; scripts/generate-protobuf.ts says what the letters mean. */
export type ProtobufField = readonly [number: number, name: string, type: string, flags: string];

/**
 * The built-in kinds as protobuf messages, by `package/version.Name`. An entry of its own
 * (`@hardpoint/kubernetes/protobuf`), read when the first protobuf body comes.
 */
export const PROTOBUF_MESSAGES = messages as unknown as Readonly<Record<string, readonly ProtobufField[]>>;
