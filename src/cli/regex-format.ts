// What `ringjail regex -o FORMAT` prints of a failure: one word for a part of it, or a text with <tags>.
import { groupOfTag } from '../match/failregex-tags.ts';
import type { LineFailure } from '../match/line-failure.ts';
import { textOf } from '../match/line-groups.ts';
import { identityOfHost } from '../match/line-identity.ts';
import { formatJson } from './json-text.ts';

/** The lines to print of a failure. `row`: a JSON array of identity, time and groups; another word names a part, or else a group. */
export function createFormat(format: string): (failure: LineFailure) => string[] {
  if (format === 'row') {
    return ({ identity, timeSec, groups }) => [formatJson([identity.text, timeSec ?? null, Object.fromEntries(groups)])];
  }
  if (!format.includes('<')) return (failure) => (partOf(failure, format) ?? textOf(failure.groups.get(format))).split('\n');
  return (failure) => format.replace(/<([\w-]+)>/g, (tag, name: string) => resolveTag(failure, name) ?? tag).split('\n');
}

/** By fail2ban-regex's names. */
function partOf(failure: LineFailure, name: string): string | undefined {
  switch (name) {
    case 'id':
    case 'fid':
      return failure.identity.text;
    case 'ip':
    case 'host':
      return (identityOfHost(failure.groups) ?? failure.identity).text;
    case 'time':
      return failure.timeSec?.toString() ?? '';
    case 'msg':
    case 'matches':
      return failure.lines.join('\n');
    case 'failures':
    case 'attempts':
      return String(failure.attempts);
    default:
      return undefined;
  }
}

/** A tag that nobody knows stays as it is; a group that took no part is empty. */
function resolveTag(failure: LineFailure, name: string): string | undefined {
  const group = name.startsWith('F-') ? groupOfTag(name.slice('F-'.length)) : name;
  return partOf(failure, group) ?? (name !== group || failure.groups.has(group) ? textOf(failure.groups.get(group)) : undefined);
}
