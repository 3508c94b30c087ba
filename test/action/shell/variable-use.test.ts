// biome-ignore-all lint/suspicious/noTemplateCurlyInString: it is the shell's
// Arithmetic and names of variables, which run what a variable holds where /bin/sh is bash.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseShellTemplate } from '../../../src/action/shell/shell-template-parser.ts';

const uses = [
  ...['echo $((n+1))', 'echo "$(($n * 2))"', '[ $((n)) -gt 3 ] && echo', 'cat <<E\n$((n))\nE', 'x=`echo $((n))`', 'echo "`echo \\$((n))`"'],
  ...['if ((n > 3)); then echo; fi', 'for ((i=0; i<n; i++)); do echo; done', 'let n+1', 'let "m=n"', '[[ n -gt 3 ]]', '[[ -v n ]]'],
  ...['echo $[n+1]', 'echo ${x:n}', 'echo ${x:0:n}', 'echo "${a[n]}"', 'echo ${#a[n]}', 'a[n]=1', 'echo ${!n}', 'echo "${n@P}"'],
  ...['declare -i m=n', 'typeset -i m', '[ -v "$n" ]', 'test -v $n', 'unset "$n"', 'printf -v "$n" x', 'read -r "$n" </x'],
];
const fillings = [
  ...['n="<F-PORT>"; USE', 'export n=<F-PORT>; USE', 'read -r n <<E\n<F-PORT>\nE\nUSE', 'n=$(echo "<F-PORT>" | cut -c 2-); USE'],
  ...['for n in <F-PORT>; do\nUSE\ndone', 'echo "<F-PORT>" >>f; n=$(tail -n 1 f); USE', 'n=`cat f`; logger "<F-PORT>"; USE'],
];

describe('text from a log that would be an expression', () => {
  for (const use of uses) {
    it(use, () => {
      for (const filling of fillings) {
        const parsed = parseShellTemplate(filling.replace('USE', () => use));
        assert.ok(!parsed.ok, filling);
        assert.match(parsed.error[0]?.message ?? '', /where the shell is bash|put in safely|let may run|\[\[ may run/, filling);
      }
      const identity = parseShellTemplate(`n=<fid>; ${use}`);
      assert.equal(identity.ok && identity.value.template.identityUse, 'address');
    });
  }

  it('the operand of a function', () => {
    assert.ok(!parseShellTemplate('f() { echo $(( $1 + 1 )); }; f "<F-PORT>"').ok);
  });

  for (const text of [
    'n="<F-PORT>"; echo $((<bantime> / 60)) $(((1 + 2) * 3)) ${n:0:5} ${n:-x} ${#n} "${n%,*}"',
    'now=$(date +%s); echo $((now + <bantime>)); logger "<F-USER>"',
    'count=$(wc -l </var/log/bans); echo $((count + 1)) "<matches>" >>/var/log/bans',
    'n="<F-PORT>"; [ "$n" -gt 3 ] && (cd /x; (kick "$n")); unset n; export n; local m=$n',
  ]) {
    it(`allowed: ${text}`, () => {
      const parsed = parseShellTemplate(text);
      assert.ok(parsed.ok, parsed.ok ? '' : parsed.error.map(({ message }) => message).join());
    });
  }
});

describe('what a shell puts in of its own is no text from a log', () => {
  for (const text of [
    'u=$(id -un); iptables -I $CHAIN -s <ip> -j DROP; logger "<F-USER> $u"',
    'iptables -I f2b-$(hostname) -s <ip> -j DROP; logger "<F-USER>"',
    'now=`date +%s`; ipset add $SET <ip>; echo "$now <F-USER>" >>log',
  ])
    it(`allowed: ${text}`, () => assert.ok(parseShellTemplate(text).ok));

  for (const text of [
    'u=$(id -un; cat f); iptables -I $CHAIN -s $u; logger "<F-USER> $u"',
    'u=$(date "+<F-RHOST>"); iptables -I $CHAIN -s $u',
    'u=$(date "+$x"); iptables -s $u; x="<F-RHOST>"',
    'u=$(sudo -i id); iptables -s $u; echo "<F-RHOST>"',
    'iptables -s $(wc -l <f; head f); echo "<F-RHOST>" >>f',
  ])
    it(`refused: ${text}`, () => assert.ok(!parseShellTemplate(text).ok));
});
