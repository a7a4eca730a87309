import { SortieService } from './gen/sortie_pb.ts';
import { createRpcClient, type RpcClient, type RpcClientOptions } from './rpc-client.ts';

/** Asks one sortie's aircraft-control. Every call needs `bearer`: a token of {@link signSortieToken} for its Pod's UID. */
export type SortieClient = RpcClient<typeof SortieService>;

/** A client of SortieService (`podIP:9000`); connects at the first call. */
export function createSortieClient(options: RpcClientOptions): SortieClient {
  return createRpcClient(SortieService, options);
}
