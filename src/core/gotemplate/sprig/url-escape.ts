/** What may stand unescaped where in a URL, as net/url sees it. */
import { quote } from '../quote.ts';
import { fromByteText, toByteText } from './byte-text.ts';

export type UrlPart = 'path' | 'host' | 'zone' | 'user' | 'fragment';

const PLAIN: Readonly<Record<UrlPart, string>> = {
  path: '-_.~$&+,/:;=@',
  host: '-_.~!$&\'()*+,;=:[]<>"',
  zone: '-_.~!$&\'()*+,;=:[]<>"',
  user: '-_.~$&+,;=',
  fragment: '-_.~$&+,/:;=?@!()*',
};

export function escapeUrl(text: string, part: UrlPart): string {
  const bytes = toByteText(text);
  let out = '';
  for (const byte of bytes) {
    if (isPlain(byte, part)) out += byte;
    else out += `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return out;
}

/** From bytes to bytes, or Go's message. A host may have nothing escaped that is ASCII, its zone nearly nothing. */
export function unescapeUrl(bytes: string, part: UrlPart): string | { readonly error: string } {
  const isHost = part === 'host' || part === 'zone';
  let out = '';
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes.charAt(i);
    if (byte === '%') {
      const code = bytes.slice(i, i + 3);
      const bad = { error: `invalid URL escape ${quote(fromByteText(code))}` };
      if (!/^%[0-9a-fA-F]{2}$/.test(code)) return bad;
      const value = Number.parseInt(code.slice(1), 16);
      if (part === 'host' && value < 0x80 && code !== '%25') return bad;
      if (part === 'zone' && code !== '%25' && value !== 0x20 && !isPlain(String.fromCharCode(value), 'host'))
        return bad;
      out += String.fromCharCode(value);
      i += 2;
    } else if (isHost && byte < '\u0080' && !isPlain(byte, part)) {
      return { error: `invalid character ${quote(byte)} in host name` };
    } else out += byte;
  }
  return out;
}

function isPlain(byte: string, part: UrlPart): boolean {
  return /[A-Za-z0-9]/.test(byte) || PLAIN[part].includes(byte);
}
