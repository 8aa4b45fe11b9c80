import { describe, expect, it } from 'vitest';
import { formatSource, parseDeb822, parseOneLine } from './apt-sources.ts';

const deb822 = `Types: deb
# a snapshot
URIs: http://deb.example.org/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian.gpg

Types: deb-src
URIs: http://deb.example.org/debian
Suites: bookworm

Enabled: no
Types: deb
URIs: http://old.example.org/debian
Suites: bookworm

Types: deb
URIs: http://key.example.org/debian
Suites: trixie
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 abc
 -----END PGP PUBLIC KEY BLOCK-----
`;

describe('sources of apt', () => {
  it('reads the stanzas that are in use', () => {
    expect(parseDeb822(deb822)).toMatchObject([
      {
        uris: 'http://deb.example.org/debian',
        suites: ['bookworm', 'bookworm-updates'],
        signedBy: '/usr/share/keyrings/debian.gpg',
      },
      { uris: 'http://key.example.org/debian', suites: ['trixie'], signedBy: expect.stringContaining('\n abc\n') },
    ]);
  });

  it('reads the older one-line format', () => {
    const text =
      '# deb http://no/ x main\ndeb [arch=amd64 signed-by=/k.gpg] http://a/debian bookworm main\ndeb http://b/ y main\n';
    expect(parseOneLine(text)).toEqual([
      { uris: 'http://a/debian', suites: ['bookworm'], signedBy: '/k.gpg' },
      { uris: 'http://b/', suites: ['y'] },
    ]);
  });

  it('writes what it reads', () => {
    const [source] = parseDeb822(deb822);
    expect(parseDeb822(formatSource(source!))).toEqual([source]);
    const [, withKey] = parseDeb822(deb822);
    expect(parseDeb822(formatSource(withKey!))[0]?.suites).toEqual(['trixie']);
  });
});
