// The names of jail options: those that are served, and those that fail2ban knows and this version does not serve yet.

export const servedOptions = [
  'enabled',
  'backend',
  'filter',
  'action',
  'maxretry',
  'findtime',
  'bantime',
  'bantime.increment',
  'bantime.factor',
  'bantime.formula',
  'bantime.multipliers',
  'bantime.maxtime',
  'bantime.rndtime',
  'bantime.overalljails',
  'native_firewall',
  'ignoreip',
  'distinct',
  'ipv6prefix',
  'maxtracked',
  'service',
  'logpath',
  'logtimezone',
  'maxlines',
  'usedns',
  'prefregex',
  'failregex',
  'ignoreregex',
  'datepattern',
  'journalmatch',
] as const;

/** Known, so that they are no spelling errors; told about where a running jail sets them. */
export const unservedOptions = ['logencoding', 'maxmatches', 'ignoreself', 'ignorecommand', 'ignorecache'] as const;
