// Where the proof of a failure stands and what it says; kept with the ban.
export interface Evidence {
  readonly source: string;
  /** The record's number in its source; the kernel's sequence number for the ring buffer. */
  readonly sequence: number;
  /** The record's message, at most maxEvidenceCharacters of it. */
  readonly text: string;
  /** What the filter captured beside the address, by fail2ban's tags: F-USER. */
  readonly fields?: Readonly<Record<string, string>>;
}

/** How many are kept of a ban, the latest, where nobody says otherwise: fail2ban's dbmaxmatches. */
export const usualMaxEvidence = 10;

export const maxEvidenceCharacters = 512;

/** Of each of `fields`. */
export const maxFieldCharacters = 256;
