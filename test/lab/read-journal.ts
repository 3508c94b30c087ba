// Reads the journal file named by the argument and prints the process id of every entry's line; exit code 3 where it cannot be read.
import { openJournal } from '../../src/binding/addon.ts';

try {
  const reader = openJournal({ files: [process.argv[2] ?? ''] }, () => undefined);
  reader.select([{ matches: [], isSystemOnly: false }]);
  reader.seekHead();
  for (;;) {
    const raw = reader.read(64, 1 << 20);
    for (let i = 0; i < raw.count; i++) {
      const line = raw.bytes.toString('latin1', raw.lineStart[i], raw.messageEnd[i]);
      console.log(/^[^[]*\[(\d+)\]/.exec(line)?.[1] ?? 'NaN');
    }
    if (raw.isAtEnd) break;
  }
  reader.close();
} catch (error) {
  console.error(error);
  process.exitCode = 3;
}
