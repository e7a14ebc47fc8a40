// Node's mqtt package as a client: node client.js URL VERSION SUBSCRIBE TOPIC FLOW. Reads sentences (JSON strings) from
// its input, makes a request of each with the flow's function `request`, or as plain text without a flow, and prints
// what comes back, one JSON a line.
const fs = require("fs");
const mqtt = require("mqtt");

const [url, version, subscribe, topic, flow] = process.argv.slice(2);
const nodes = flow ? JSON.parse(fs.readFileSync(flow)) : [];
let made = 0;
const RED = { util: { generateId: () => `node-${process.pid}-${++made}` } };
const run = (name, msg) => new Function("msg", "RED", nodes.find((n) => n.name === name).func)(msg, RED);

const sentences = JSON.parse(fs.readFileSync(0));
const client = mqtt.connect(url, { protocolVersion: Number(version), reconnectPeriod: 0 });
let left = sentences.length;

client.on("error", (error) => { console.error(error); process.exit(1); });
client.on("message", (from, payload, packet) => {
  const answer = JSON.parse(payload);
  const correlation = packet.properties && packet.properties.correlationData;
  console.log(JSON.stringify({
    from, answer,
    correlation: correlation ? correlation.toString() : null,
    understood: flow ? run("what was understood", { payload: JSON.parse(payload) }) : null,
  }));
  // Not at once: this message's acknowledgement, which goes out after we return, must not come behind the goodbye.
  if (--left === 0) { setImmediate(() => client.end()); }
});
client.on("connect", () => client.subscribe(subscribe, { qos: 1 }, () => sentences.forEach((sentence, i) => {
  if (flow) {
    client.publish(topic, JSON.stringify(run("request", { payload: sentence }).payload), { qos: 1 });
  } else {
    client.publish(topic, sentence, { qos: 1, properties: {
      responseTopic: subscribe, correlationData: Buffer.from(String(i)),
    } });
  }
})));
