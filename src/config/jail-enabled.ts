// Whether a jail runs: `enabled = yes`, or `auto`, where one of its services is installed.
import type { OptionReader } from './option-reader.ts';

export function readEnabled(reader: OptionReader, hasUnit: (name: string) => boolean): boolean {
  if (reader.value('enabled')?.text.trim() !== 'auto') return reader.boolean('enabled', false);
  const units = reader.text('service', '').split(/\s+/);
  return units.some((unit) => unit !== '' && hasUnit(unit));
}
