// Records that reach a jail by two ways, as the kernel's by /dev/kmsg and again from rsyslog, are counted once. Bounded memory.
import { AgedMap } from '../core/aged-map.ts';
import type { Evidence } from '../core/evidence.ts';

/** Longer ago, equal texts are two events. A log daemon that was stopped for longer than that delivers what counts anew. */
const memoryUsec = 10 * 60 * 1_000_000;

/** So many texts at most; an attacker who makes more has the oldest forgotten, and is counted twice at worst. */
const mostTexts = 20_000;

interface Sightings {
  timeUsec: number;
  /** How often each source told the text. */
  readonly counts: Map<string, number>;
}

export class TwinMemory {
  /** Longest unseen first. */
  readonly #texts = new AgedMap<Sightings>();

  /**
   * Whether another source has told of it already. A text that one source tells n times happened n times, so that what one source says
   * can never hide what another one does.
   */
  isTwin(jail: string, { source, text }: Evidence, timeUsec: number): boolean {
    const key = `${jail}\n${essenceOf(text)}`;
    const known = this.#texts.get(key);
    const isFresh = known !== undefined && Math.abs(timeUsec - known.timeUsec) < memoryUsec;
    const sightings: Sightings = isFresh ? known : { timeUsec, counts: new Map() };
    const most = Math.max(0, ...sightings.counts.values());
    const count = (sightings.counts.get(source) ?? 0) + 1;
    sightings.counts.set(source, count);
    sightings.timeUsec = Math.max(sightings.timeUsec, timeUsec);
    this.#texts.set(key, sightings);
    if (this.#texts.size > mostTexts) this.#texts.delete(this.#texts.oldest?.key ?? '');
    return count <= most;
  }
}

/** Without what differs by the way: host and program before the message, and the time that the kernel's records carry in brackets. */
const essenceOf = (text: string): string => text.replace(/^\S+ [^ :]+: /, '').replace(/^\[ *\d+\.\d+\] /, '');
