// Files of others that need not be there.
import { readFileSync } from 'node:fs';

/** The text of a file, '' where it cannot be read. */
export function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
