// SPDX-License-Identifier: Apache-2.0
// Takes HL7 over MLLP with a library that is not ours: node receiver.js PORT FOLDER [ANSWER…]. Each message is written to
// FOLDER/NNN.hl7 and, as the library reads it, to FOLDER/NNN.json. The first answers are those named ("AA", "AR", "AE:902"),
// later ones AA.
const fs = require('fs');
const path = require('path');
const hl7 = require('simple-hl7');

const [port, folder, ...answers] = process.argv.slice(2);
let taken = 0;

// The library's own server would stamp a version and an event of its own; the parser and the message are the library's.
function acknowledgement(message, answer) {
  const [code, reason] = answer.split(':');
  const ack = new hl7.Message(message.header.getField(3), message.header.getField(4), message.header.getField(1),
    message.header.getField(2), '20261121120000', '', ['ACK', message.header.getComponent(7, 2), 'ACK'],
    'CONSUMER' + taken, 'P', '2.6');
  ack.addSegment('MSA', code, message.header.getField(8));
  if (reason)
    ack.addSegment('ERR', '', 'PID^1^3', ['207', 'Application error', 'messageErrorCondition'], 'E',
      [reason, 'refused', 'applicationErrorCode']);
  return ack;
}

const server = hl7.Server.createTcpServer((error, request, response) => {
  if (error) {
    console.error(String(error));
    return;
  }
  taken += 1;
  const name = path.join(folder, String(taken).padStart(3, '0'));
  const segments = request.msg.segments.map((segment) => segment.toString(request.msg.header.delimiters));
  fs.writeFileSync(name + '.hl7.part', request.raw);
  fs.renameSync(name + '.hl7.part', name + '.hl7');
  fs.writeFileSync(name + '.part', JSON.stringify({
    type: request.type,
    event: request.event,
    control_id: request.msg.header.getField(8),
    segments,
  }));
  fs.renameSync(name + '.part', name + '.json');
  response.ack = acknowledgement(request.msg, answers.shift() || 'AA');
  response.end();
});
server.start(Number(port));
