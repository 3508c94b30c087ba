// Which journal is meant by the options of `systemd[journalpath=..., journalflags=...]`, in jail.conf and on the command line.
import type { JournalPlace } from '../record/record-selector.ts';

/** `refuse` is told of every option that is none, with what was expected. */
export function readJournalPlace(
  options: ReadonlyMap<string, string>,
  refuse: (key: string, text: string, expected: string) => void,
): JournalPlace {
  const place: { path?: string; files?: readonly string[]; flags?: number; namespace?: string } = {};
  for (const [key, text] of options) {
    const paths = key === 'journalfiles' ? text.split(/[\s,]+/).filter((path) => path !== '') : [text];
    const isOfPaths = key === 'journalpath' || key === 'journalfiles';
    if (isOfPaths && !paths.every((path) => path.startsWith('/'))) refuse(key, text, 'a path that begins with "/"');
    else if (key === 'journalpath') place.path = text;
    else if (key === 'journalfiles') place.files = paths;
    else if (key === 'journalflags' && /^\d{1,4}$/.test(text)) place.flags = Number(text);
    else if (key === 'namespace') place.namespace = text;
    else if (key !== 'rotated') refuse(key, text, 'journalpath, journalfiles, journalflags or namespace');
  }
  return place;
}
