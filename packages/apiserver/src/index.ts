export { type ApiServer, type ApiServerOptions, type Identity, startApiServer } from './server.ts';
export { DataFolderError } from './store/data-folder.ts';
