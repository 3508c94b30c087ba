// Feeds the memory of logins: what root's own sshd wrote of them into the journal, whose trusted fields nobody can forge.
import type { LoginMemory } from '../jail/login-memory.ts';
import type { RecordBatch } from '../record/record-batch.ts';
import { parseLogin } from '../record/sshd-login.ts';
import type { PipelineTaker } from './pipeline.ts';

/** As `journalctl _UID=0 _COMM=sshd + _UID=0 _COMM=sshd-session`: since version 9.8 the session is a program of its own. */
const matches = [
  ['_UID=0', '_COMM=sshd'],
  ['_UID=0', '_COMM=sshd-session'],
];

/** It takes nothing where `keepUsec` (protect_logins) is 0. */
export function createLoginTaker(logins: LoginMemory, keepUsec: number): PipelineTaker {
  return {
    selectors: keepUsec > 0 ? [{ source: 'journal', place: {}, matches, isSystemOnly: false }] : [],
    literals: ['accepted '],
    isOptional: true,
    take: ({ bytes, messageStart, messageEnd, realtimeUsec }: RecordBatch, records) => {
      for (const record of records) {
        const address = parseLogin(bytes.subarray(messageStart[record], messageEnd[record]));
        if (address !== undefined) logins.observe(address, realtimeUsec[record] ?? Number.NaN);
      }
    },
  };
}
