import type { Log } from '../../src/core/log.ts';

/** A log that keeps its lines: `error: text`. */
export function recordingLog(onLine: (line: string) => void = () => undefined): Log & { readonly lines: string[] } {
  const lines: string[] = [];
  const at = (severity: string) => (message: string) => {
    lines.push(`${severity}: ${message}`);
    onLine(`${severity}: ${message}`);
  };
  return { lines, error: at('error'), warning: at('warning'), notice: at('notice'), info: at('info'), debug: at('debug') };
}
