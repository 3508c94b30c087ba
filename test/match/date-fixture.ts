// What the tests of dates share: fail2ban's frozen clock and time zone, and detectors for them.
import assert from 'node:assert/strict';
import { createDateDetector, type DateDetector, type DateDetectorOptions } from '../../src/match/date-detector.ts';

/** 2005-08-14 12:00 in the zone below. */
export const frozenSec = 1_124_013_600;
export const centralEurope = 'CET-01CEST-02,M3.5.0,M10.5.0';

export function detectorOf(datepattern?: string, options: Partial<DateDetectorOptions> = {}): DateDetector {
  const detector = createDateDetector({ datepattern, nowSec: () => frozenSec, timeZone: centralEurope, ...options });
  assert.ok(detector.ok, JSON.stringify(detector));
  return detector.value;
}

/** What is cut out of the line, and the time: undefined where no date was found. */
export function read(detector: DateDetector, line: string): { cut: string; timeSec: number | undefined } | undefined {
  const bytes = Buffer.from(line);
  const date = detector.detect(bytes);
  return date && { cut: bytes.toString('utf8', date.cutStart, date.cutEnd), timeSec: date.timeSec };
}
