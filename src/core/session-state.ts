// A session (<F-MLFID>) as plain data, between the filter that knows it and the store that keeps it.

/** What later lines are judged by, and as much text as is told of a failure. */
export interface SessionState {
  readonly startSec: number;
  readonly isPending: boolean;
  readonly wasHeld: boolean;
  readonly isDecided: boolean;
  /** Of `lines`, before they were cut. */
  readonly attempts: number;
  readonly groups: readonly (readonly [name: string, text: string])[];
  readonly users: readonly string[];
  readonly lines: readonly string[];
}

export interface SessionChange {
  readonly id: string;
  /** Undefined where the session is gone. */
  readonly state: SessionState | undefined;
}
