// Reads a journal as the daemon would and writes, for each batch, the position and the numbers in its messages, as one line of JSON: what a
// state file holds when the process is killed. Arguments: the journal's folder; the position to go on from as JSON, or nothing.

import { writeSync } from 'node:fs';
import { openJournal } from '../../src/binding/addon.ts';
import { systemClock } from '../../src/core/clock.ts';
import type { SourcePosition } from '../../src/record/record-batch.ts';
import { JournalSource } from '../../src/source/journal-source.ts';

const [path = '', position] = process.argv.slice(2);
const source = new JournalSource({
  open: openJournal,
  place: { path },
  clock: systemClock,
  position: position === undefined ? undefined : (JSON.parse(position) as SourcePosition),
});
source.select([{ source: 'journal', place: { path }, matches: [['SYSLOG_IDENTIFIER=numbered']], isSystemOnly: false }]);
await source.run(new AbortController().signal, {
  onBatch: (batch) => {
    const numbers = Array.from({ length: batch.count }, (_, i) =>
      Number(batch.bytes.toString('latin1', batch.messageStart[i], batch.messageEnd[i])),
    );
    writeSync(1, `${JSON.stringify({ position: batch.position, numbers })}\n`);
  },
  onLoss: (loss) => writeSync(1, `${JSON.stringify({ loss: loss.reason })}\n`),
  onCaughtUp: () => undefined,
});
