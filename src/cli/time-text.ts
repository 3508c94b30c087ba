// Times as the commands show them to people: UTC and to the second, as the log of the service and other machines' are compared with them.
import { formatDuration } from '../core/duration.ts';

/** Of an ISO 8601 time with milliseconds; what is none stays as it is. */
export const shortTime = (iso: string): string => iso.replace(/\.\d+Z$/, 'Z');

/** `1h 30m`; to the second, and never less than nothing. */
export const timeBetween = (fromMs: number, toMs: number): string => formatDuration(Math.max(0, Math.round((toMs - fromMs) / 1000) * 1000));
