// Reads the journal in the folder named by the first argument, in small batches with rests in which a thread can get ahead, and prints each
// message; the code of the error where there is one. After eight batches, when a thread begins, the file of the second argument is moved to
// that of the third.
import { renameSync } from 'node:fs';
import { openJournal } from '../../src/binding/addon.ts';
import { systemCodeOf } from '../../src/core/errors.ts';

const [folder = '', from, to] = process.argv.slice(2);
const messages: string[] = [];
try {
  const reader = openJournal({ path: folder }, () => undefined);
  reader.select([{ matches: [], isSystemOnly: false }]);
  reader.seekHead();
  for (let batch = 1; ; batch++) {
    const raw = reader.read(10, 1 << 20);
    for (let i = 0; i < raw.count; i++) messages.push(raw.bytes.toString('latin1', raw.messageStart[i], raw.messageEnd[i]));
    if (raw.isAtEnd) break;
    const restMs = from === undefined ? 1 : ({ 8: 100, 9: 400 }[batch] ?? 1);
    await new Promise((resolve) => setTimeout(resolve, restMs));
    if (batch === 8 && from !== undefined && to !== undefined) renameSync(from, to);
  }
  reader.close();
} catch (error) {
  messages.push(String(systemCodeOf(error)));
}
process.stdout.write(messages.join('\n'));
