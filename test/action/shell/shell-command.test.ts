// biome-ignore-all lint/suspicious/noTemplateCurlyInString: it is the shell's
// Programs that take for code what a definition gives them, under whatever name and behind whatever other program.
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { runShell } from '../../../src/action/run-command.ts';
import { refuseIdentity } from '../../../src/action/shell/identity-use.ts';
import { renderShellTemplate } from '../../../src/action/shell/shell-template.ts';
import { parseShellTemplate } from '../../../src/action/shell/shell-template-parser.ts';

const templateOf = (text: string) => {
  const parsed = parseShellTemplate(text);
  assert.ok(parsed.ok, parsed.ok ? '' : parsed.error.map(({ message }) => message).join('; '));
  return parsed.value.template;
};

const isRefused = (text: string) => !parseShellTemplate(text).ok;

const runs = (script: string, values: Record<string, string>) =>
  runShell({ ...renderShellTemplate(templateOf(script), new Map(Object.entries(values))), timeoutMs: 20_000 });

const starters = [
  ...['flock /run/lock', 'setsid', 'systemd-run', 'nsenter -t 1 -m', 'chroot /srv', 'docker exec c', 'podman exec c', 'lxc-attach -n x --'],
  ...['stdbuf -oL', 'chrt 1', 'ionice -c 3', 'taskset 1', 'unbuffer', 'ip netns exec x', 'time -p', 'runuser -u x --', 'doas', 'sudo -u x'],
  ...['sudo -u x flock -n /run/lock timeout -k 5 10', 'x=1 nobody-knows-this --at-all', 'if true; then setsid', 'xargs -n 1', 'ssh host'],
];
const interpreters = [
  ...['sh -c', '/bin/dash -c', 'bash -ec', 'csh -c', 'tcsh -c', 'fish -c', 'mksh -c', 'yash -c', 'pwsh -Command', 'python3.11 -c'],
  ...['/usr/bin/nodejs -e', 'php8.2 -r', 'perl5.36.0 -e', 'lua5.4 -e', 'ruby -e', '$SHELL -c', '`which sh` -c', '"$(command -v sh)" -c'],
  ...['awk', 'mongosh --eval', 'cqlsh -e', 'gnuplot -e', 'busybox sh -c'],
];

describe('text from a log in a program', () => {
  for (const starter of ['', ...starters]) {
    it(`after ${starter || 'nothing'}`, () => {
      for (const interpreter of interpreters) {
        for (const tag of ['<F-USER>', '<matches>']) {
          const text = `${starter} ${interpreter} 'echo "<ip> ${tag}"' >>log`;
          assert.ok(isRefused(text), text);
        }
        assert.equal(templateOf(`${starter} ${interpreter} 'echo "<fid>"'`).identityUse === 'text', false, `${starter} ${interpreter}`);
      }
    });
  }

  for (const text of [
    ...[
      'at now',
      'batch',
      'parallel',
      'crontab -',
      'sh',
      'flock /x sh',
      '$SH',
      '"$@"',
      'sudo $SH',
      'timeout 5 $SH',
      'python3.11',
      'nodejs',
    ],
    ...[
      'sftp -b - host',
      'sudo ftp -n host',
      'lftp host',
      'smbclient //h/s',
      'telnet fw 23',
      'sqlplus -s u/p',
      'redis-cli',
      'redis-cli -h x',
    ],
    ...[
      'redis-cli --pipe',
      'redis-cli -n 3 -a secret',
      'busybox.static sh',
      'nft -f -',
      'nft -if x',
      'nft',
      'nft -a',
      'sudo nft -I x -nf /dev/stdin',
    ],
    ...['xargs nft add', 'nobody-knows nft add', 'mail.mailutils root', 'mailx.real root', 'sudo mail.mailutils -s x root'],
    ...['while read l; do $l; done', 'tee >(sh)', 'sqlite3 x.db', 'docker exec -i c psql', 'sed -f - file', 'awk -f /dev/stdin file'],
  ].map((reader) => `echo "<matches>" | ${reader}`)) {
    it(text, () => assert.ok(isRefused(text)));
  }

  for (const text of [
    ...[
      'env -S <matches>',
      "tmux send-keys 'echo <matches>' Enter",
      'screen -X stuff <matches>',
      'watch "echo <matches>"',
      'su -c "x <matches>"',
    ],
    ...[
      "script -c 'echo <matches>'",
      "ssh host 'echo <matches>'",
      'expect -c "<matches>"',
      'sqlite3 x.db "insert <F-USER>"',
      'find -name <F-USER>',
    ],
    ...[
      'mysql -e "insert <F-USER>"',
      'psql -c "insert <F-USER>"',
      'x="<F-USER>"; $x',
      'for x in <F-USER>; do $x; done',
      'X=<F-USER>; y -c "$X"',
    ],
    ...[
      'unknown -c <F-USER>',
      'unknown -c -- <F-USER>',
      'unknown --eval=<F-USER>',
      'unknown --run-command "x <F-USER>"',
      'unknown -e"<F-USER>"',
    ],
    ...[
      'tar -cf x --to-command=<F-USER>',
      'git -c <F-USER> x',
      'unknown "sh -c \'<matches>\'"',
      'set -- "<F-USER>"; "$@"',
      'unset "<F-USER>"',
    ],
    ...[
      'test -v <F-USER>',
      'printf -v "<F-USER>" x',
      'export "<F-USER>"',
      'rm <F-USER>',
      'touch "<F-USER>"',
      'sudo tee <F-USER>',
      'sudo -u x <F-USER>',
    ],
    ...[
      "sudo --user mail sh -c 'echo <matches>'",
      "sudo -nu mail sh -c '<F-USER>'",
      'sudo --user test x -c <F-USER>',
      "env -S 'sh -c' <F-USER>",
    ],
    ...['redis-cli eval <matches> 0', 'influx -execute "<matches>"', 'ansible all -m shell -a "x <matches>"', 'socat - "EXEC:<F-USER>"'],
    ...['sudo -i <<E\n<matches>\nE', 'su - x <<E\n<matches>\nE', 'ssh -p 22 host <<E\n<matches>\nE', 'lxc-attach -n x <<E\n<matches>\nE'],
    ...[
      'sendmail <F-USER> </dev/null',
      "mail -E 'set escape' <F-USER> <file",
      'sendmail -be <F-USER>',
      'tar -cf x y <F-USER>',
      'curl <F-USER>',
    ],
    ...['flock /run/lock <F-USER>', 'timeout 5 <matches>', 'flock /x curl -d <matches> https://example.org'],
  ]) {
    it(text, () => assert.ok(isRefused(text)));
  }

  for (const text of [
    '/usr/local/bin/notify.sh "<matches>"',
    '/usr/local/bin/notify.sh ssh "<matches>"',
    'sudo -u x /usr/local/bin/notify.sh --user "<F-USER>" "$HOST"',
    'flock -n /run/lock python3 /usr/local/bin/report.py "<matches>"',
    'timeout 10 curl --data-urlencode "logs=<matches>" -e https://example.org https://example.org',
    'if command -v mysql >/dev/null; then logger -t sh -e "<matches>"; fi',
    'printf %s "<matches>" | mail -E \'set escape\' -r <F-USER> root',
    'grep -qe "<F-USER>" file || echo "sh -c <F-USER>" >>file',
    'systemctl restart mysql; [ -x /bin/bash ] && logger "<matches>"',
    'sudo -nu mail -- timeout 5 mail -E "set escape" -r <F-USER> root',
    'sudo systemctl restart mysql; logger "<F-USER>"',
    'ssh -p 22 host ban <ip>; logger "<F-USER>"',
    'exec 9>/run/lock; flock 9; NAME="<F-USER>" python3 /usr/local/bin/report.py -c <ip>',
    'nft add element inet f2b s "{ <ip> timeout <bantime>s }"; logger "<F-USER>"',
    'sudo nft -a delete rule x y handle 3 && echo "<matches>" >>log',
    'redis-cli -h r SADD banned <ip>; printf %s "<matches>" | redis-cli -n 3 -x LPUSH bans; redis-cli LPUSH l "<F-USER>"',
    'mail.mailutils -E "set escape" -s bans root <<E\n<matches>\nE',
    'X="<F-USER>"; export X; export Y="<F-USER>"; /usr/local/bin/notify.sh',
  ]) {
    it(`allowed: ${text}`, () => assert.ok(!isRefused(text)));
  }
});

describe('a hostile name and the real shell', () => {
  it('runs nothing, in whatever is not refused', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ringjail-hostile-'));
    const marker = join(folder, 'ran');
    const names = [
      `x"; touch ${marker}; echo "`,
      `$(touch ${marker})`,
      `';touch ${marker};'`,
      `\n~!touch ${marker}\n`,
      `a[$(touch ${marker})]`,
    ];
    const scripts = [
      `flock ${folder}/lock sh -c 'echo "<F-USER>"'`,
      'python3 -c \'print("<F-USER>")\'',
      '$SHELL -c "echo <F-USER>"; sh -c "echo <F-USER>"',
      `flock ${folder}/lock printf "by <F-USER>"`,
      'echo <F-USER> "<F-USER>" | cat',
      'test -v "<F-USER>"',
      'X="<F-USER>"; timeout 5 logger --no-act "$X" <F-USER>',
    ];
    let ran = 0;
    for (const script of scripts.filter((text) => !isRefused(text))) {
      for (const name of names) {
        await runs(script, { 'F-USER': name });
        ran += 1;
      }
    }
    assert.equal(ran, 3 * names.length);
    assert.ok(!existsSync(marker));
    rmSync(folder, { recursive: true });
  });

  it('echo and printf behind another program show the name as it is, in one line', async () => {
    const name = 'x\\nroot\\0101\\c %s';
    for (const script of ['echo "<F-USER>"', 'echo <fid>', 'timeout 5 printf "<F-USER>\\n"', 'exec printf "%b\\n" "<F-USER>"'])
      assert.equal((await runs(script, { 'F-USER': name, fid: name })).output, name, script);
  });
});

describe('behind a program that nobody knows', () => {
  const starters = [
    '',
    'sshpass -p x',
    'ip vrf exec mgmt',
    'proxychains4',
    'torsocks',
    'prlimit --nproc=10',
    'pct exec 1 --',
    '/opt/bin/retry -n 5',
  ];
  for (const starter of [
    ...starters,
    'lxc exec c --',
    'strace',
    'chpst -u x',
    'fakeroot',
    'start-stop-daemon --start --exec /usr/bin/env --',
  ]) {
    it(starter, () => {
      for (const runner of [
        ...[
          'ssh root@fw kick',
          'autossh fw kick',
          'dbclient -i /k fw kick',
          'rsh fw kick',
          'mosh fw -- kick',
          'psql -d x',
          'tmux send-keys',
        ],
        ...['ansible-playbook b.yml --extra-vars', 'find /x -name', 'at now', 'sg adm', 'parallel'],
      ]) {
        assert.ok(isRefused(`${starter} ${runner} "<F-USER>"`), runner);
        assert.equal(templateOf(`${starter} ${runner} "<fid>"`).identityUse === 'text', false, runner);
        assert.ok(!isRefused(`${starter} ${runner} <ip>`), runner);
      }
      for (const reader of ['ssh fw', 'autossh -M 0 fw', 'psql', 'at now'])
        assert.ok(isRefused(`echo "<matches>" | ${starter} ${reader}`), reader);
    });
  }

  for (const text of [
    '/usr/local/bin/notify.sh ssh <ip> "<matches>"',
    'python3 /usr/local/bin/notify.py find "<F-USER>"',
    '/usr/local/bin/notify --jail sshd --ip <ip> "<matches>"',
    '/usr/local/bin/count <ip> ssh; logger "<F-USER>"',
    'NAME="<F-USER>" /usr/local/bin/notify sshd <ip>',
    'command -v ssh >/dev/null && logger "<F-USER>"',
    'systemctl restart ssh; logger ssh "<F-USER>"',
  ]) {
    it(`allowed: ${text}`, () => assert.ok(!isRefused(text)));
  }
});

describe('text from a log that would be an address', () => {
  const tags = ['<F-ID>', '<F-RHOST>', '"<ip-host>"', "'<matches>'"];
  const firewalls = [
    ...['ufw prepend deny from TAG', 'iptables -s TAG -j DROP', 'sudo -n /sbin/ipset add x TAG', 'flock /x ip route add blackhole TAG'],
    ...[
      'nobody-knows iptables -s TAG',
      'firewall-cmd --add-source=TAG',
      'fail2ban-client set x banip TAG',
      'ip netns exec x iptables -s TAG',
    ],
    ...[
      'ip vrf exec x ufw deny TAG',
      'if true; then ufw deny from "a TAG"; fi',
      'ipset add comment TAG',
      'ipset add -exist -q comment TAG',
      'X=TAG ufw deny from "$X"',
    ],
    ...['X=TAG; ufw deny from "$X"', 'for x in TAG; do iptables -s $x; done', 'ufw deny from $(echo TAG)', 'ufw deny from `echo TAG`'],
    ...['echo TAG | while read x; do iptables -s "$x"; done', 'set -- TAG; iptables -s "$1"', 'echo TAG | xargs ufw deny from'],
    ...[
      'echo "add x "TAG | ipset restore',
      'echo TAG | iptables-restore',
      'echo TAG | nsupdate',
      'echo TAG | ip -batch -',
      'cat <<E | ipset -\nTAG\nE',
    ],
    ...[
      'f() { ufw deny from "$1"; }; f TAG',
      'f() { ufw deny from ${@}; }; f TAG',
      'echo TAG >l; ufw deny from $(cat l)',
      'X= Y="a"TAG; ufw deny from $Y',
      'printf -v x %s TAG; ufw deny from $x',
    ],
    ...['shorewall6-lite drop TAG', 'shorewall-lite drop TAG', 'iptables.real -s TAG', 'ebtables-nft -s TAG', 'ip6tables-legacy -s TAG'],
    ...['iptables-nft', 'iptables-legacy', 'ip6tables-nft', 'ip6tables-legacy', 'ebtables', 'arptables'].map(
      (tables) => `echo "-A INPUT -s "TAG | sudo ${tables}-restore --noflush`,
    ),
    ...['cat <<E | iptables-legacy-restore.real -n\nTAG\nE', 'echo "add x "TAG | ipset.real restore', 'xtables-nft-multi iptables -s TAG'],
    ...['flarectl firewall rules create --value TAG', 'aws ec2 create-network-acl-entry --cidr-block TAG', 'aws wafv2 update-ip-set TAG'],
    ...['gobgp global rib add TAG', 'birdc "configure "TAG', 'echo TAG | birdc', 'tcpkill host TAG', 'varnishadm ban "x ~ "TAG'],
    ...['ringjail ban sshd TAG', 'sudo /usr/bin/ringjail unban sshd TAG', 'X=TAG; aws ec2 revoke $X'],
    ...['echo "ALL: "TAG >>/etc/hosts.deny', '>>/etc/hosts.deny echo "ALL: "TAG', 'cat >>/etc/hosts.deny <<E\nALL: TAG\nE'],
    ...['echo "+"TAG >/proc/net/xt_recent/ssh', 'echo +TAG | tee /proc/net/ipt_recent/x', 'D=/proc/net/xt_recent; echo "-"TAG >$D/ssh'],
    ...['echo "ALL: "TAG | tee -a /etc/hosts.deny', 'F=/etc/hosts.allow; echo TAG >>$F', '{ echo TAG; } >>/etc/hosts.deny'],
  ];
  for (const firewall of firewalls) {
    it(firewall, () => {
      for (const tag of tags) {
        const parsed = parseShellTemplate(firewall.replaceAll('TAG', tag));
        assert.ok(!parsed.ok, tag);
        assert.match(
          parsed.error[0]?.message ?? '',
          /may take it for an address, and shut out whom it names; write <ip> or <fid>|put in safely/,
        );
      }
      assert.ok(!isRefused(firewall.replaceAll('TAG', '<ip>')));
      assert.equal(templateOf(firewall.replaceAll('TAG', '<fid>')).identityUse, 'address');
    });
  }

  for (const text of [
    'iptables -s <ip> -m comment --comment "by <F-USER>" -j DROP',
    'iptables -s <ip> --comment="<F-USER>" -j DROP',
    'ufw deny from <ip> comment "<F-USER>"',
    'ipset add x <ip> comment "$x <F-USER>"',
    'ipset -exist add x <ip> timeout 600 comment "<F-USER>"',
    'ufw deny from <ip>; logger "<F-USER>"; printf %s "<matches>" >>log',
    'iptables -I f2b -s <ip> -j REJECT && echo "ufw iptables <F-USER>"',
    'ip netns exec x logger "<F-USER>"; ip vrf exec x notify.sh "<F-USER>"',
    'BLOCK=DROP; iptables -I f2b -s <ip> -p tcp -m multiport --dports "$PORTS" -j ${BLOCK}; logger "<F-USER>"',
    'IP=<ip>; ufw deny from $IP; printf "%s\\n" "<matches>" | mail -E "set escape" root',
    'whois <ip> | logger; X="<F-RHOST>"; whois "$X"',
    'echo "+<ip>" >/proc/net/xt_recent/ssh; echo / >/proc/net/ipt_recent/x; logger "<F-USER>"',
    'aws sns publish --message "<matches>"; aws ec2 create-network-acl-entry --cidr-block <ip>',
    'ringjail status sshd | notify --by ringjail "<F-USER>"; iptables-save | logger -t "<F-USER>"',
    'echo "ALL: <ip>" >>/etc/hosts.deny; sed -i "/^ALL: <ip> /d" /etc/hosts.deny; logger "<F-USER>"',
  ]) {
    it(`allowed: ${text}`, () => assert.ok(!isRefused(text)));
  }
});

describe('a text that begins with "-"', () => {
  const taken = async (script: string, value = '-x -y') =>
    (await runs(`p() { printf '[%s]' "$@"; }; ${script}`, { 'F-USER': value, 'ip-host': value, matches: value })).output;

  for (const [script, output] of [
    ...(
      [
        ['p "<F-USER>"', '[_x -y]'],
        ['p a <F-USER> \'<ip-host>\' "<matches>"', '[a][_x -y][_x -y][_x -y]'],
        ['timeout 5 printf "<F-USER>\\n"', '_x -y'],
        ['p "<F-USER><matches>" "$y<F-USER>" ""<F-USER>', '[_x -y_x -y][_x -y][_x -y]'],
        ['x="<F-USER>"; p "$x" ${#x}', '[_x -y][5]'],
        ['p "$(printf %s "<F-USER>")"; p "`printf %s "<F-USER>"`"', '[_x -y][_x -y]'],
        ['for x in "<F-USER>"; do p "$x"; done', '[_x -y]'],
        ['while read -r x; do p "$x"; done <<E\n<F-USER>\nE', '[_x -y]'],
        ['p -- "<F-USER>"', '[--][_x -y]'],
        ['echo "<F-USER>"', '_x -y'],
        ['kill -s 0 -- "<F-USER>" 2>&1 | grep -c _x', '1'],
        ['printf x | grep -c "<F-USER>" || echo none', '0\nnone'],
      ] as const
    ).map(([text, shown]) => [text, shown] as const),
  ]) {
    it(`is no option: ${script}`, async () => assert.equal(await taken(script), output));
  }

  it('nor is one in a later line, where a loop reads lines', async () => {
    assert.equal(await taken('while read -r x; do p "$x"; done <<E\n<matches>\nE', 'a - b\n-x\n'), '[a - b][_x][]');
  });

  for (const [script, output] of [
    ['p "by <F-USER>" --user=<F-USER>', '[by -x -y][--user=-x -y]'],
    ['printf %s "<F-USER>"; printf -- "%s%s" z <F-USER>', '-x -yz-x -y'],
    ['X="<F-USER>" printenv X', '-x -y'],
    ['x="<F-USER>"; printf %s "$x"; p "by $x"', '-x -y[by -x -y]'],
    ['printf "%s\\n" "-x -y" | grep -xF -- "<F-USER>"', '-x -y'],
    ['[ "<F-USER>" = "-x -y" ] && case "<F-USER>" in -*) echo yes ;; esac', 'yes'],
    ['cat <<E\n<F-USER>\nE', '-x -y'],
  ] as const) {
    it(`stays as it is where it can be none: ${script}`, async () => assert.equal(await taken(script), output));
  }

  for (const text of [
    'cd "/x/<F-USER>"',
    'dd of=/x/<F-USER>',
    'PS4="+ <F-USER> "; set -x',
    'export PATH="/x:<F-USER>"',
    'LD_PRELOAD=<F-USER> x',
  ])
    it(`refused: ${text}`, () => assert.ok(isRefused(text)));
});

describe('a text that is no address', () => {
  for (const text of [
    ...[
      'IPT=iptables; $IPT -s <fid>',
      'flock /x iptables -s <fid>',
      'conntrack -D -s <fid>',
      'ss -K dst <fid>',
      'FW=/sbin/nft; run $FW <fid>',
    ],
    ...['echo "ALL: <fid>" >>/etc/hosts.deny', 'echo "ALL: <fid>" | tee -a /etc/hosts.deny', 'F=/etc/hosts.allow; echo <fid> >>$F'],
    ...[
      'fail2ban-client set x banip <fid>',
      'tc filter add <fid>',
      'sudo -n ipset add x <fid>',
      'csf -d <fid>',
      'apf -d <fid>',
      'nobody ip <fid>',
    ],
    ...[
      'imunify360-agent ip-list local add <fid>',
      'cscli decisions add -i <fid>',
      'route add <fid> reject',
      'whois <fid>',
      'docker exec fw nft add <fid>',
    ],
  ]) {
    it(`${text}: addresses alone`, () => {
      const ban = templateOf(text);
      assert.equal(ban.identityUse, 'address');
      assert.match(refuseIdentity({ ban }, '0/0') ?? '', /has to be an address/);
    });
  }

  for (const [text, fit, unfit] of [
    ['grep -vx "<fid>" file', ['bob', 'a@b'], ['.*', '.....', 'a+', 'a/b', '[a]', '^a', 'a\\b']],
    ['sed -i "/^<fid>$/d" file', ['bob'], ['.....', 'a+', 'a/d', 'a&']],
    ['flock /x sed -i "/^<fid>$/d" file', ['bob'], ['.....']],
    ['x=<fid>; sed -i "/^$x$/d" file', ['bob'], ['.....']],
    ['x=$(echo <fid> | sed \'s/[]$*.^|[]/\\\\&/g\'); sed -i "/^$x$/d" file', ['bob', 'b.b'], ['b*']],
    ['pkill -f "x <fid>"', ['bob'], ['.', '.*']],
    ['grep -vxF "<fid>" file', ['bob', '.*', 'a/b'], ['-f']],
    ['rm <fid>', ['bob', 'a b', '$(x)'], ['-rf', '..', '../x', '/etc/passwd', 'a/b']],
    ['cd /home && mv "<fid>" old', ['bob'], ['..', 'a/b']],
    ['curl --json \'payload={"u":"<fid>"}\' https://example.org', ['bob'], ['"', 'a\\']],
    ['curl -d @- https://example.org <<E\n{"u":"<fid>"}\nE', ['bob'], ['"', 'a\\']],
    ['curl -d \'{"u":"<fid>"}\' https://example.org', ['bob', 'b.b+c'], ['"', 'a"b', 'a\\', "'"]],
  ] as const) {
    it(text, () => {
      const ban = templateOf(text);
      for (const name of fit) assert.equal(refuseIdentity({ ban }, name), undefined, name);
      for (const name of unfit) assert.notEqual(refuseIdentity({ ban }, name), undefined, name);
    });
  }
});
