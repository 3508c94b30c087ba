// biome-ignore-all lint/suspicious/noTemplateCurlyInString: it is the shell's
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { refuseIdentity } from '../../../src/action/shell/identity-use.ts';
import { renderShellTemplate } from '../../../src/action/shell/shell-template.ts';
import { parseShellTemplate } from '../../../src/action/shell/shell-template-parser.ts';

const scriptOf = (text: string): string => {
  const parsed = parseShellTemplate(text);
  assert.ok(parsed.ok, parsed.ok ? '' : parsed.error.map(({ message }) => message).join('; '));
  return renderShellTemplate(
    parsed.value.template,
    new Map([
      ['ip', '192.0.2.7'],
      ['bantime', '600'],
    ]),
  ).script;
};

describe('references', () => {
  for (const [text, script] of [
    ['ufw deny from <ip>', 'ufw deny from "${RJ_IP}"'],
    ['echo "a <ip>"', 'echo "a ${RJ_IP}"'],
    ["echo 'a <ip>'", "echo 'a '\"${RJ_IP}\"''"],
    ['echo \\<ip>', 'echo "${RJ_IP}"'],
    ['echo "\\<ip>"', 'echo "\\192.0.2.7"'],
    ['echo $((<bantime> / 60))', 'echo $((600 / 60))'],
    ["cat <<'EOF'\n<ip>\nEOF\n", "cat <<'EOF'\n192.0.2.7\nEOF\n"],
    ['true # <matches> of <ip>', 'true #  of '],
    ['printf "%s" <F-USER>', 'printf "%s" "${RJ_F_USER}"'],
    ['kick <F-USER>', 'kick "${RJ_F_USER_OPERAND}"'],
    ['kick "by <F-USER>"', 'kick "by ${RJ_F_USER}"'],
    ['kick <fid>', 'kick "${RJ_FID}"'],
    ['printf "by <F-USER>"', 'printf "by ${RJ_F_USER_FORMAT}"'],
    ['printf %b "by <F-USER>"', 'printf %b "by ${RJ_F_USER_ESCAPED}"'],
    ['grep -q <other> file', 'grep -q <other> file'],
  ] as const) {
    it(text, () => assert.equal(scriptOf(text), script));
  }
});

describe('text from a log is refused', () => {
  for (const [text, reason] of [
    ['eval "x=<matches>"', /eval/],
    ['sh -c "echo <matches>"', /sh may run/],
    ['python3 -c "print(1)" "<matches>"', /python3 may run/],
    ['perl "$x" "<matches>"', /perl may run/],
    ["sh -c 'echo <matches>'", /sh may run/],
    ['sudo -u x /bin/bash -c "<F-USER>"', /bash may run/],
    ['awk \'{print "<matches>"}\'', /awk may run/],
    ['sed -i "s/x/<F-USER>/" file', /sed may run/],
    ['x="<F-USER>"; sed -i "s/x/$x/" file', /sed may run/],
    ['echo "<matches>" | sh', /sh runs text/],
    ['echo "<matches>" | sqlite3 /var/lib/x.db', /sqlite3 runs/],
    ['echo "<matches>" | mail -s bans root', /"~!"/],
    ['x="<matches>"; y=$(eval "$x")', /eval runs/],
    ['<F-USER> now', /name the program/],
    ['echo x > "/tmp/<F-USER>"', /name a file/],
    ['echo $((<F-COUNT>))', /put in safely/],
    ['echo ${x:-<matches>}', /put in safely/],
    ["cat <<'EOF'\n<matches>\nEOF", /put in safely/],
    ['echo "<matches>', /no end/],
    ['x="`tar -cf /dev/null -C / \\"<F-USER>\\"`"', /backslash out of backticks/],
    ['cat <<E\n`printf %s \\"<F-USER>\\"`\nE', /backslash out of backticks/],
    ['x="$(printf %s `printf %s \\"<F-USER>\\"`)"', /backslash out of backticks/],
    ['x=`printf %s \\\\"<F-USER>\\\\"`', /backslash out of backticks/],
    ['X="<F-USER>"; x="`psql \\$X`"', /psql/],
    ['p ${x:-"}"} "<F-USER>', /no end/],
    ['p "${x:-\'}\'}" "<F-USER>"', /no end/],
    ['p "<F-USER>" $((p a) ")")', /no end/],
    ['p ${x:-$(eval "$y")} "<F-USER>"', /eval/],
    ['p ${x:-"<F-USER>"}', /put in safely/],
    ['p ${x:-$(p "<F-USER>")}', /put in safely/],
    ['echo `echo \\`echo <matches>\\``', /out of backticks before it reads the quotes/],
    ['echo `echo \\`date\\``; logger "<matches>"', /backticks in backticks/],
    ['curl --data "<matches>" https://example.org', /curl would send/],
    ['curl -F "logs=<matches>" https://example.org', /--form-string/],
  ] as const) {
    it(text, () => {
      const parsed = parseShellTemplate(text);
      assert.ok(!parsed.ok, parsed.ok ? JSON.stringify(parsed.value.template.pieces) : '');
      assert.match(parsed.error.map(({ message }) => message).join('; '), reason);
    });
  }
});

describe('text from a log may stand there', () => {
  for (const text of [
    "printf %b '<matches>' | mail -E 'set escape' -s bans root",
    'curl --data-urlencode "logs=<matches>" https://example.org',
    'sed \'s/a/b/\' file; echo "<matches>"',
    'python3 /usr/local/bin/report.py <ip> "<matches>"',
    'python3 /usr/local/bin/report.py "$x" | logger "<matches>"',
    'cat <<EOF | sendmail root\n<matches>\nEOF\n',
    'x="`printf \'%s\\n\' "<F-USER>"`"; y="`date +\\"%H\\"`"',
    'x=`printf \'%s\\n\' "<F-USER>"`; y="$(printf %s ${x:-"}"} "<F-USER>")"',
    'p ${x:-"}"} "${x:-y}" ${x:-{} $((1 + (2))) "$(date +\\"%H\\")" "<F-USER>"',
  ]) {
    it(text, () => assert.doesNotThrow(() => scriptOf(text)));
  }
});

describe('what is exact may stand there', () => {
  for (const text of [
    'eval "x=<ip>"',
    'sh -c "echo <ip>"',
    'sed "s/x/<ip>/" file',
    'echo <ip> | sh',
    'echo x > "/tmp/<ip>"',
    'echo "<ip>',
  ]) {
    it(text, () => assert.doesNotThrow(() => scriptOf(text)));
  }
});

const uses: [text: string, use: string | undefined][] = [
  ['echo x', undefined],
  ['echo <ip>', undefined],
  ['echo <fid>', 'text'],
  ['kick "user=<fid>"', 'text'],
  ['printf %s "<fid>" >> file', 'text'],
  ['cat <<E\n<fid>\nE', 'text'],
  ['curl --data-urlencode user=<fid> https://example.org', 'text'],
  ['echo <fid> | mysql', 'word'],
  ['id=$(printf %s "<fid>"); sed -i "/^$id$/d" file', 'pattern'],
  ['awk \'$1 == "<fid>"\' file', 'pattern'],
  ['iptables -s <fid>', 'address'],
  ['if true; then sudo ufw deny <fid>; fi', 'address'],
  ['kick <fid>; /sbin/ipset add x <fid>', 'address'],
  ['echo x > <fid>', 'address'],
  ['sed -i "/^<fid>$/d" file', 'pattern'],
  ['rm /var/bans/<fid>', 'address'],
  ['rm /var/bans/x-<fid>', 'address'],
  ['rm "$DIR/<fid>"', 'address'],
  ['curl "https://example.org/?user=<fid>"', 'address'],
  ['echo "see /var/log: <fid>"', 'text'],
  ['curl https://example.org/<fid>', 'address'],
  ['curl -d <fid> https://example.org', 'address'],
  ['<fid>', 'address'],
  ['sh -c "kick <fid>"', 'address'],
  ['echo <fid> | sh', 'address'],
  ['sed s/a/b/ | echo <fid> | sh', 'address'],
  ['eval kick <fid>', 'address'],
  ['echo $((<fid>))', 'address'],
  ['echo "<fid>', 'address'],
];
describe('what may stand for <fid>', () => {
  for (const [text, use] of uses) {
    it(`${text}: ${use ?? 'nothing does'}`, () => {
      const parsed = parseShellTemplate(text);
      assert.ok(parsed.ok);
      assert.equal(parsed.value.template.identityUse, use);
    });
  }

  it('any text but an option, where it is an argument; a word in a pattern; nothing to a firewall', () => {
    const commands = (ban: string, unban: string) => {
      const [first, second] = [parseShellTemplate(ban), parseShellTemplate(unban)];
      assert.ok(first.ok && second.ok);
      return { ban: first.value.template, unban: second.value.template };
    };
    const hostile = ['$(reboot)', '"', "'", 'a b', '`id`', 'a;b', '*', 'a/b', '@file', '-rf', '%s', '\\'];
    const takenBy = (ban: string, unban: string) => hostile.filter((text) => refuseIdentity(commands(ban, unban), text) === undefined);
    assert.deepEqual(
      takenBy('kick <fid>', 'free <fid>'),
      hostile.filter((text) => text !== '-rf'),
    );
    assert.deepEqual(takenBy('kick <fid>', 'sed -i s/<fid>x// f'), []);
    for (const text of ['bob', 'bob@example.org', '192.0.2.7:80', 'A1-b_c'])
      assert.equal(refuseIdentity(commands('kick <fid>', 'echo <fid> | mysql'), text), undefined);
    assert.match(refuseIdentity(commands('kick <fid>', 'kick <ip>'), 'bob') ?? '', /^actionunban uses <ip>, which is an address/);
    assert.match(refuseIdentity(commands('iptables <fid>', ''), 'bob') ?? '', /^actionban gives <fid> to a firewall/);
    assert.equal(refuseIdentity(commands('kick <F-USER>', ''), '-rf'), undefined);
    // Should nobody have asked: it is not put in.
    const { ban } = commands('kick <fid>', '');
    assert.throws(() => renderShellTemplate(ban, new Map([['fid', '-rf']])), /<fid>/);
    assert.equal(renderShellTemplate(ban, new Map([['fid', '$(x) "']])).env['RJ_FID'], '$(x) "');
  });
});

it('a value that is not exact is not put in', () => {
  const parsed = parseShellTemplate('ufw deny from <fid>');
  assert.ok(parsed.ok);
  const { template } = parsed.value;
  for (const value of ['$(id)', '-x', 'a b', "a'", 'a\nb', 'a;b', 'a%b', 'a\\b', '`id`', '*']) {
    assert.throws(() => renderShellTemplate(template, new Map([['fid', value]])), /<fid>/, value);
  }
});

it('a long value is cut where a character ends', () => {
  const parsed = parseShellTemplate('printf %b "<matches>"');
  assert.ok(parsed.ok);
  const { env } = renderShellTemplate(parsed.value.template, new Map([['matches', '\\é'.repeat(100_000)]]));
  const value = env['RJ_MATCHES_ESCAPED'] ?? '';
  assert.ok(Buffer.byteLength(value) < 128 * 1024 - 100 && value.length > 10_000);
  assert.match(value, /^(?:\\\\é)+(?:\\\\)?$/);
});
