// What a process has taken of the processor since its start, in milliseconds: on a busy machine the time that says more.
import { readFileSync } from 'node:fs';

/** utime and stime of proc(5), in ticks of 10 ms. */
export function processorMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10;
}
