// Expectations as fail2ban 1.0.2 has them, learnt by feeding it these lines; lists are Python's tuples without what took no part.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { filterOf, matchLine, timeSec } from './filter-of.ts';

const alternatives =
  '^u=<F-USER>\\S*</F-USER> c=<F-ALT_USER_2>\\S*</F-ALT_USER_2> b=<F-ALT_USER_1>\\S*</F-ALT_USER_1> a=<F-ALT_USER>\\S*</F-ALT_USER> <HOST>';
const optional = '^(?:<F-USER>u\\w*</F-USER>)? <F-ALT_USER>\\S*</F-ALT_USER> <HOST>';
const joined = '^b=<F-TUPLE_USER_1>\\S*</F-TUPLE_USER_1> c=<F-TUPLE_USER_2>\\S*</F-TUPLE_USER_2> <HOST>';
const joinedTo = '^<F-TUPLE_USER>\\S*</F-TUPLE_USER>,(?:<F-USER>\\w*</F-USER>)? <HOST>';

const cases: [failregex: string, line: string, user: string | string[] | undefined][] = [
  [alternatives, 'u=u c=c b=b a=a 192.0.2.1', 'u'],
  [alternatives, 'u= c=c b=b a=a 192.0.2.1', 'a'],
  [alternatives, 'u= c=c b=b a= 192.0.2.1', 'b'],
  [alternatives, 'u= c=c b= a= 192.0.2.1', 'c'],
  [alternatives, 'u= c= b= a= 192.0.2.1', ''],
  [optional, ' x 192.0.2.1', 'x'],
  [optional, ' ', undefined],
  [joined, 'b=b c=c 192.0.2.1', ['b', 'c']],
  [joined, 'b= c=c 192.0.2.1', ['', 'c']],
  [joinedTo, 'a,b 192.0.2.1', ['b', 'a']],
  [joinedTo, 'a, 192.0.2.1', ['', 'a']],
];

describe('groups', () => {
  for (const [failregex, line, user] of cases) {
    it(`${line} by ${failregex.slice(0, 20)}`, () => {
      const failure = matchLine(filterOf({ failregex: [failregex] }), line, timeSec);
      assert.deepEqual(failure?.groups.get('user'), user);
    });
  }

  it('a list as identity', () => {
    const filter = filterOf({ failregex: ['^<F-ID><HOST></F-ID>/<F-TUPLE_ID>\\d+</F-TUPLE_ID>'] });
    assert.deepEqual(matchLine(filter, '192.0.2.1/80', timeSec)?.identity, { kind: 'id', text: '192.0.2.1,80', network: undefined });
  });

  it('a list as user joins the users of the session', () => {
    const filter = filterOf({
      failregex: ['^<F-MLFID>s</F-MLFID> <F-TUPLE_USER_1>\\S+</F-TUPLE_USER_1> <F-TUPLE_USER_2>\\S+</F-TUPLE_USER_2> <HOST>'],
    });
    assert.deepEqual(matchLine(filter, 's a b 192.0.2.1', timeSec)?.users, ['a,b']);
  });
});
