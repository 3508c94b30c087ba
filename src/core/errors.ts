// The one error class for "the world failed" (house style): a stable code, what was tried on what, and the cause.

/** Exit codes after sysexits.h, where a command ends because of the error. */
const exitCodes = { usage: 64, unavailable: 69, unreachable: 69, software: 70, permission: 77, configuration: 78 } as const;

export type ErrorCode = keyof typeof exitCodes;

export const isErrorCode = (value: unknown): value is ErrorCode => typeof value === 'string' && Object.hasOwn(exitCodes, value);

export class RingjailError extends Error {
  readonly code: ErrorCode;

  /** `message`: lowercase, what was tried on what and why it failed, and the cure. */
  constructor(code: ErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'RingjailError';
    this.code = code;
  }

  get exitCode(): number {
    return exitCodes[this.code];
  }
}

/** The text of whatever was thrown, on one line. */
export const messageOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).trim().replace(/\s*\n\s*/g, '; ');

/** The code of a system error (EPERM, ENOENT, ...), if `error` is one. */
export function systemCodeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
