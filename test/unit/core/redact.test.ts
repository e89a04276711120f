import test from 'ava';
import { redactSource, redactText, redactUrl } from '../../../src/core/redact.js';

test('a redacted URL has no user info, query or fragment', (t) => {
  t.is(redactUrl('https://u:p@host:1/a?X-Amz-Signature=s#f'), 'https://host:1/a');
  t.is(redactUrl('git://user@host/repo.git'), 'git://host/repo.git');
  t.is(redactUrl('//u:p@host/a?q'), '//host/a');
  t.is(redactUrl('not a url?token=s'), 'not a url');
});

test('a path is no URL', (t) => {
  t.is(redactSource('https://user:token@host/a/Dockerfile?sig=s'), 'https://host/a/Dockerfile');
  t.is(redactSource('HTTP://user:token@host/'), 'http://host/');
  t.is(redactSource('ssh://user:token@host/repo.git'), 'ssh://host/repo.git');
  for (const path of ['Dockerfile', './a#b/Dockerfile?', 'c:/Dockerfile', '-', '/a//b@c'])
    t.is(redactSource(path), path);
});

test('secrets are hidden as they are, percent-encoded and in base64', (t) => {
  const secret = 'p@ss/word';
  const text = `${secret} ${encodeURIComponent(secret)} ${Buffer.from(secret).toString('base64')} rest`;
  t.is(redactText(text, [secret, '']), '*** *** *** rest');
});

test('a secret that contains another one is hidden whole', (t) => {
  t.is(redactText('abcdef', ['abc', 'abcdef']), '***');
});

test('user info of URLs in a text is removed', (t) => {
  t.is(redactText('clone https://u:p@host/x failed', []), 'clone https://host/x failed');
});
