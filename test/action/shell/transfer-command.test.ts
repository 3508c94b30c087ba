// What curl and wget make of text: parts of what they send, files, pages.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseShellTemplate } from '../../../src/action/shell/shell-template-parser.ts';

const page = 'https://example.org/x';

describe('text from a log is refused', () => {
  for (const [text, reason] of [
    [`curl -F "text=Banned <ip>: <matches>" ${page}`, /--form-string name=<tag>, or --data-urlencode/],
    [`curl -F text="<matches>" ${page}`, /--form-string/],
    [`curl -sF"text=a <F-USER>" ${page}`, /--form-string/],
    [`curl --form 'text=a <F-USER>' ${page}`, /--form-string/],
    [`curl --form=text=<F-USER> ${page}`, /--form-string/],
    [`sudo -u x timeout 5 curl -F "a=b <F-USER>" ${page}`, /--form-string/],
    [`proxychains4 curl -F "a=b <F-USER>" ${page}`, /--form-string/],
    [`x="<F-USER>"; curl -F "text=$x" ${page}`, /--form-string/],
    [`curl -F "text=$(echo "<F-USER>")" ${page}`, /--form-string/],
    [`curl -d text="Banned <matches>" ${page}`, /another field; write name=<tag> with --data-urlencode/],
    [`curl -s --data "a=b&text=<F-USER>" ${page}`, /another field/],
    [`wget --post-data="text=<F-USER>" ${page}`, /another field/],
    [`curl -d "<matches>" ${page}`, /"@"/],
    [`curl --json <matches> ${page}`, /"@"/],
    [`curl --data-urlencode "<F-USER>" ${page}`, /"@"/],
    [`curl --data-urlencode "name<F-USER>" ${page}`, /"@"/],
    [`curl -H "<F-USER>" ${page}`, /"@"/],
    ['curl -s <F-URL>', /the page that it names/],
    ['curl "<F-URL>"', /option or an address/],
    ['curl -sSf "https://<F-RHOST>/x"', /the page that it names/],
    ['curl -- <F-URL>', /the page|option/],
    ['wget -q <F-URL>', /the page that it names/],
    ['wget --quiet "http://<F-RHOST>"', /the page that it names/],
    [`curl -o <F-USER> ${page}`, /more than text from -o/],
    [`curl -so "/tmp/<F-USER>" ${page}`, /more than text from -o/],
    [`curl -o/tmp/<F-USER> ${page}`, /more than text from -o/],
    [`curl --output "/tmp/<F-USER>" ${page}`, /more than text from --output/],
    [`curl --url=<F-URL>`, /more than text/],
    [`curl -T "/x/<F-USER>" ${page}`, /more than text/],
    ['echo "<F-URL>" | curl -K -', /takes what it reads/],
    [`echo "<F-URL>" | sudo curl -sK- ${page}`, /takes what it reads/],
    [`curl --config /dev/stdin <<E\n<matches>\nE`, /takes what it reads/],
    ['echo "<F-URL>" | wget -O /x -i -', /takes what it reads/],
    ['echo "<F-URL>" | xargs curl -s', /xargs gives curl/],
    ['echo "<F-URL>" | sudo xargs -n 1 tar -cf x', /xargs gives tar/],
    [`wget -O <F-USER> ${page}`, /more than text from -O/],
    [`wget -qO "/tmp/<F-USER>" ${page}`, /more than text from -O/],
    [`wget --output-document=<F-USER> ${page}`, /more than text/],
  ] as const) {
    it(text, () => {
      const parsed = parseShellTemplate(text);
      assert.ok(!parsed.ok);
      assert.match(parsed.error.map(({ message }) => message).join(), reason);
    });
  }
});

describe('text from a log may stand there', () => {
  for (const text of [
    `curl --form-string "text=Banned <ip>: <matches>" ${page}`,
    `curl -F chat_id=1 -F photo=@/srv/ban.png --form-string caption=<F-USER> ${page}`,
    `curl -s -d chat_id=1 --data-urlencode text="<matches>" ${page}`,
    `curl -sd '{"text":"<matches>"}' ${page}`,
    `curl --data "{\\"text\\":\\"<matches>\\"}" ${page}`,
    `curl -H "Title: <F-USER>" -A "<F-USER>" --data-raw "by <F-USER>" ${page}`,
    `curl -sS "https://example.org/bans?user=<F-USER>"`,
    `curl --silent "$PAGE?user=<F-USER>"`,
    `wget -qO /dev/null --header "X-User: <F-USER>" --post-data '{"u":"<F-USER>"}' ${page}`,
    `x="<F-USER>"; curl -o "$FILE" --data-urlencode "text=$x" "$PAGE"`,
    `curl -K /etc/x/token --data-urlencode "text=<matches>" ${page}; echo "<F-USER>" | xargs logger`,
    `/usr/local/bin/notify.sh curl "<F-USER>"`,
    `notify -m "<F-USER>"; command -v curl wget; logger curl "<F-USER>"`,
  ]) {
    it(text, () => {
      const parsed = parseShellTemplate(text);
      assert.ok(parsed.ok, parsed.ok ? '' : parsed.error.map(({ message }) => message).join());
    });
  }
});

describe('what may stand for <fid>', () => {
  for (const [text, use] of [
    [`curl -F "user=<fid>" ${page}`, 'word'],
    [`curl -d user=<fid> ${page}`, 'word'],
    [`x=<fid>; curl -F "user=$x" ${page}`, 'word'],
    [`curl --form-string user=<fid> ${page}`, 'text'],
    [`curl -o <fid> ${page}`, 'address'],
    ['curl -s <fid>', 'address'],
  ] as const) {
    it(`${text}: ${use}`, () => {
      const parsed = parseShellTemplate(text);
      assert.equal(parsed.ok && parsed.value.template.identityUse, use);
    });
  }
});
