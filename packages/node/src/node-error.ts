export type NodeErrorCode = 'ShimUnreachable' | 'DataFolder' | 'ContainerConfig' | 'VolumeNotReady' | 'StartFailed';

/** What goes wrong in the node agent, apart from calls to the API. */
export class NodeError extends Error {
  override readonly name = 'NodeError';
  readonly code: NodeErrorCode;

  constructor(code: NodeErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.code = code;
  }

  static from(error: unknown, code: NodeErrorCode): NodeError {
    if (error instanceof NodeError) return error;
    return new NodeError(code, error instanceof Error ? error.message : String(error), { cause: error });
  }
}
