import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/** The processes of native engines that this test file's VS Code has started, by their ids. */
export async function engineProcesses(): Promise<number[]> {
  const { stdout } = await promisify(execFile)('ps', ['-eww', '-o', 'pid=,ppid=,args='])
  const processes = stdout.split('\n').flatMap((line) => {
    const [, pid, parent, command = ''] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? []
    return pid === undefined ? [] : [{ pid: Number(pid), parent: Number(parent), command }]
  })
  const descendants = new Set([process.pid])
  // An id may be smaller than that of its parent, so the list is searched until no process is added.
  for (let size = 0; size < descendants.size;) {
    size = descendants.size
    for (const { pid, parent } of processes) if (descendants.has(parent)) descendants.add(pid)
  }
  return processes
    .filter(({ pid, command }) => descendants.has(pid) && command.includes('engineProcess.js'))
    .map(({ pid }) => pid)
}
