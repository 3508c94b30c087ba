// Whether ufw's log tells of every refused packet. At its levels low (the default) and medium it writes three records a minute for the
// whole host, so that a scan mostly never reaches the log; at `off` it writes none.
import type { Nftables } from '../binding/addon.ts';

// ufw's rules as iptables-nft makes them: what reaches this chain is about to be refused.
const chain = 'ip filter ufw-after-logging-input';

/** A warning with its cure; undefined where ufw is not there or logs everything. `ufwConf`: the text of /etc/ufw/ufw.conf, '' if none. */
export function findUfwLogLimit(open: () => Nftables, ufwConf: string): string | undefined {
  if (/^ENABLED=no\s*$/m.test(ufwConf)) return undefined;
  const rules = listRules(open);
  if (rules === undefined) return warnByLevel(ufwConf);
  const logging = rules.split('\n').filter((line) => line.includes('[UFW BLOCK]'));
  if (logging.length === 0) return warning('off');
  return logging.every((line) => /\blimit\b/.test(line)) ? warning('low') : undefined;
}

/** Undefined where the chain is not there: no ufw, one on iptables-legacy, which nftables does not show, or no nftables at all. */
function listRules(open: () => Nftables): string | undefined {
  try {
    return open().run(`list chain ${chain}`);
  } catch {
    return undefined;
  }
}

/** ufw.conf (ufw(8)): ENABLED=yes, LOGLEVEL=off|low|medium|high|full */
function warnByLevel(ufwConf: string): string | undefined {
  if (!/^ENABLED=yes\s*$/m.test(ufwConf)) return undefined;
  const level = /^LOGLEVEL=(\w+)/m.exec(ufwConf)?.[1] ?? 'low';
  return level === 'off' ? warning('off') : ['low', 'medium', 'on'].includes(level) ? warning('low') : undefined;
}

function warning(level: 'off' | 'low'): string {
  const what =
    level === 'off'
      ? 'ufw writes no log (logging off), so that no scan can be seen'
      : 'ufw limits its log to 3 records a minute for the whole host (logging low or medium), so that most of a scan is never seen';
  return `${what}; the cure: sudo ufw logging high`;
}
