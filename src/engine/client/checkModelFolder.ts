import type { FolderReport } from '../../model/folder/checkFolder'
import { ModelFilesError } from '../../shared/errors'
import { RpcClient } from '../../shared/rpc'
import type { FolderMethods } from '../contract/folderMethods'
import type { EngineWorker } from './engineHandle'

/**
 * Checks a folder of unknown content in an engine's thread, so that files which need too much time or memory cannot
 * stop the extension host. The thread ends with the check.
 * @param worker a new thread, whose model is in the folder
 * @throws the errors of `checkFolder`, and ModelFilesError if the thread ends before it answers
 */
export async function checkModelFolder(worker: EngineWorker): Promise<FolderReport> {
  const client = new RpcClient<FolderMethods>(worker.channel)
  worker.onStop((cause) => {
    client.close(
      new ModelFilesError('The folder’s files need too much memory to be checked. Choose another folder.', {
        cause,
      }),
    )
  })
  try {
    return await client.call('checkFolder', undefined)
  } finally {
    await worker.terminate()
  }
}
