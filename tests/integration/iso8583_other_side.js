// npm's iso_8583 for iso8583_interop: each line of the input becomes one line of the output, in the
// form of iso8583_vectors.
//
//   node iso8583_other_side.js FOLDER pack|unpack binary|hex
//
// FOLDER is the package's. What it refuses becomes "error: …".
'use strict';

const readline = require('readline');
const [folder, direction, bitmap] = process.argv.slice(2);
const Iso8583 = require(folder);

// The package takes the bitmap's encoding from the type of field 1 when it packs, and from a
// setting when it unpacks.
const formats = bitmap === 'hex'
  ? { 1: { ContentType: 'an', Label: 'Bitmap', LenType: 'fixed', MaxLen: 16 } } : {};
const settings = bitmap === 'hex' ? { bitmapEncoding: 'utf8' } : {};

function pack(line) {
  const fields = Object.fromEntries(line.split('\t').map((part) => {
    const equals = part.indexOf('=');
    return [part.slice(0, equals), part.slice(equals + 1)];
  }));
  const bytes = new Iso8583(fields, formats).getBufferMessage();
  return Buffer.isBuffer(bytes) ? bytes.toString('hex') : `error: ${JSON.stringify(bytes)}`;
}

function unpack(line) {
  const fields = new Iso8583({}, formats).getIsoJSON(Buffer.from(line, 'hex'), settings);
  if (fields.error) return `error: ${fields.error}`;
  return Object.entries(fields).sort((a, b) => a[0] - b[0])
    .map(([number, value]) => `${number}=${value}`).join('\t');
}

readline.createInterface({ input: process.stdin })
  .on('line', (line) => console.log(direction === 'pack' ? pack(line) : unpack(line)));
