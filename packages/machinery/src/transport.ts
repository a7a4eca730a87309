/** One HTTP exchange with a Kubernetes API, whatever carries it: TLS, a socket, or a function call in this process. */
export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path and query, percent-encoded: `/api/v1/nodes?watch=true`. */
  readonly path: string;
  /** Lower-case names. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  readonly signal?: AbortSignal;
}

export interface ApiResponse {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** Ends when the answer is complete; throws when the connection breaks. To abandon it, abort the request's signal or return from the loop. */
  readonly body: AsyncIterable<Uint8Array>;
}

export interface Transport extends AsyncDisposable {
  /** Rejects with an ApiError of code `Unreachable` when no answer came, with the signal's reason when aborted. */
  request(request: ApiRequest): Promise<ApiResponse>;
}
