// Names of ports, from services(5): Node has no getservbyname(3).
import { readFileSync } from 'node:fs';

/** Name or alias to port. A name that has different ports for different protocols counts with the first; there is none such in practice. */
export type Services = ReadonlyMap<string, number>;

export function parseServices(text: string): Services {
  const services = new Map<string, number>();
  for (const line of text.split('\n')) {
    const [name, place = '', ...aliases] = line.replace(/#.*/, '').trim().split(/\s+/);
    const [, digits] = /^(\d{1,5})\/[\w-]+$/.exec(place) ?? [];
    if (name === undefined || digits === undefined || Number(digits) > 65_535) continue;
    for (const known of [name, ...aliases]) if (!services.has(known)) services.set(known, Number(digits));
  }
  return services;
}

// Of a machine without /etc/services (a minimal container), the names that fail2ban's jails use (IANA's registry).
const common = `ssh 22/tcp\nhttp 80/tcp\nhttps 443/tcp\nsmtp 25/tcp\nsubmissions 465/tcp ssmtp smtps urd\nsubmission 587/tcp\nftp 21/tcp
ftp-data 20/tcp\nftps 990/tcp\nftps-data 989/tcp\npop3 110/tcp\npop3s 995/tcp\nimap2 143/tcp imap\nimap3 220/tcp\nimaps 993/tcp\ndomain 53/tcp
sieve 4190/tcp\nhttp-alt 8080/tcp webcache\nsip 5060/tcp\nsip-tls 5061/tcp\nmysql 3306/tcp\nms-sql-s 1433/tcp\ntelnet 23/tcp`;

let loaded: Services | undefined;

/** Of /etc/services, read once. */
export function loadServices(): Services {
  try {
    loaded ??= parseServices(readFileSync('/etc/services', 'utf8'));
  } catch {
    loaded = parseServices(common);
  }
  return loaded;
}
