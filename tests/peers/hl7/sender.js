// SPDX-License-Identifier: Apache-2.0
// Sends HL7 files over MLLP with a library that is not ours: node sender.js PORT FILE… prints "MSA-1 MSA-2" for each.
const fs = require('fs');
const hl7 = require('simple-hl7');

const [port, ...files] = process.argv.slice(2);
const client = hl7.Server.createTcpClient({host: '127.0.0.1', port: Number(port), keepalive: true});

function next() {
  const file = files.shift();
  if (!file) {
    client.close();
    return;
  }
  // The library writes whatever says of itself how it reads: the bytes of the file, and no second parse of its own.
  client.send(fs.readFileSync(file, 'utf8'), (error, ack) => {
    if (error) {
      console.error(String(error));
      process.exit(1);
    }
    const msa = ack.getSegment('MSA');
    const errors = ack.getSegments('ERR').map((err) => err.getField(3).split('^')[0] + '/' + err.getField(5).split('^')[0]);
    console.log([msa.getField(1), msa.getField(2), ...errors].join(' '));
    setImmediate(next);  // the library is free for the next one only after this call
  });
}
client.connect((error) => {
  if (error) {
    console.error(String(error));
    process.exit(1);
  }
  next();
});
