// fail2ban's default list of date templates: 17, and before them copies at the line's beginning of the 14 that do not stand there anyway.
import { createLineBeginCopy, createTemplate, type DateTemplate } from './date-template.ts';

/** ISO 8601, and with other separators: 2005-01-23T21:59:59.981746+01:00; 2005/01/23 21:59:59; 2006.12.21 06:43:20 (syslog-ng). */
export const isoPattern = String.raw`%ExY(?P<_sep>[-/.])%m(?P=_sep)%d(?:T|  ?)%H:%M:%S(?:[.,]%f)?(?:\s*%z)?`;
/** syslog, asctime: Jan 23 21:59:59; Sun Jan 23 21:59:59.011 2005. */
export const syslogPattern = String.raw`(?:%a )?%b %d %k:%M:%S(?:\.%f)?(?: %ExY)?`;

const basePatterns = [
  isoPattern,
  syslogPattern,
  // The same with the year in the middle: Sun Jan 23 2005 21:59:59.011.
  String.raw`(?:%a )?%b %d %ExY %k:%M:%S(?:\.%f)?`,
  // 23/01/2005 21:59:59 (x11vnc), 23/01/05 21:59:59, 17-07-2008 17:23:25.
  '%d(?P<_sep>[-/])%m(?P=_sep)(?:%ExY|%Exy) %k:%M:%S',
  // Web servers: 31/Oct/2006:09:22:55 -0000; named: 26-Jul-2007 15:20:52.252; roundcube: 26-Jul-2007 15:20:52 +0200.
  String.raw`%d(?P<_sep>[-/])%b(?P=_sep)%ExY[ :]?%H:%M:%S(?:\.%f)?(?: %z)?`,
  // CPanel: 05/20/2008:01:57:39.
  '%m/%d/%ExY:%H:%M:%S',
  // 01-27-2012 16:22:44.252.
  String.raw`%m-%d-%ExY %k:%M:%S(?:\.%f)?`,
  'EPOCH',
  '{^LN-BEG}%H:%M:%S',
  // <09/16/08@05:03:30>.
  '^<%m/%d/%Exy@%H:%M:%S>',
  // MySQL: 130322 11:46:11.
  '%Exy%Exm%Exd  ?%H:%M:%S',
  // Tomcat: May 29, 2012 3:43:00 PM.
  '%b %d, %ExY %I:%M:%S %p',
  // ASSP: Apr-27-13 02:33:06.
  '^%b-%d-%Exy %k:%M:%S',
  // 20050123T215959, 20050123 215959, 20050123  85959.
  String.raw`%ExY%Exm%Exd(?:T|  ?)%ExH%ExM%ExS(?:[.,]%f)?(?:\s*%z)?`,
  // monit: PDT Apr 16 21:05:29.
  String.raw`(?:%Z )?(?:%a )?%b %d %k:%M:%S(?:\.%f)?(?: %ExY)?`,
  // +00:00 Jan 23 21:59:59.011 2005.
  String.raw`(?:%z )?(?:%a )?%b %d %k:%M:%S(?:\.%f)?(?: %ExY)?`,
  'TAI64N',
];

export interface DefaultTemplates {
  /** The 17. */
  readonly base: readonly DateTemplate[];
  /** The 31, in the order in which they are first tried. */
  readonly all: readonly DateTemplate[];
}

let known: (DefaultTemplates & { readonly lastYear: number }) | undefined;

/** The same objects for the same `lastYear` (see expandTokens), so that all filters share what was compiled for them. */
export function defaultTemplates(lastYear: number): DefaultTemplates {
  if (known?.lastYear !== lastYear) {
    const base = basePatterns.map((pattern) => createTemplate(pattern, lastYear));
    const copies = base.flatMap((template) => createLineBeginCopy(template, lastYear) ?? []);
    known = { base, all: [...copies, ...base], lastYear };
  }
  return known;
}
