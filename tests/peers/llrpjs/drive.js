// Drives an LLRP reader with llrpjs, a public client: node drive.js HOST PORT EPC.
// Prints, as one line of JSON, what llrpjs made of what the reader said.
"use strict";

const { EventEmitter } = require("events");
const net = require("net");
const { LLRPClient, LLRPCore } = require("llrpjs");

const HEADER_BYTES = 10;
const REPORTS_WANTED = 60;
const [host, port, epc] = process.argv.slice(2);

// llrpjs 1.0.1 takes one message out of each chunk that TCP brings and leaves the others lying. It gets a socket that
// brings one message at a time, and a turn of the event loop to take each.
class OneByOne extends EventEmitter {
  constructor(socket) {
    super();
    this.socket = socket;
    this.waiting = Buffer.alloc(0);
    for (const event of ["connect", "error", "close"]) socket.on(event, (what) => this.emit(event, what));
    socket.on("data", (chunk) => {
      this.waiting = Buffer.concat([this.waiting, chunk]);
      while (this.waiting.length >= HEADER_BYTES && this.waiting.length >= this.waiting.readUInt32BE(2)) {
        const message = this.waiting.subarray(0, this.waiting.readUInt32BE(2));
        this.waiting = this.waiting.subarray(message.length);
        setImmediate(() => this.emit("data", message));
      }
    });
  }
  get writable() {
    return this.socket.writable;
  }
  write(bytes, done) {
    return this.socket.write(bytes, done);
  }
  end(done) {
    return this.socket.end(done);
  }
}

const asList = (one) => (one === undefined ? [] : Array.isArray(one) ? one : [one]);
const reader = new LLRPClient({ host, port: Number(port) });
const names = {};
const tags = [];
let keepalives = 0;

// Its own `transact` loops for ever when anything comes before the answer.
function ask(name, data) {
  return new Promise((resolve, reject) => {
    const answered = (answer) => {
      const status = answer.getLLRPStatus();
      if (status.getStatusCode() === "M_Success") resolve(answer);
      else reject(new Error(`${name}: ${status.getStatusCode()} ${status.getErrorDescription()}`));
    };
    reader.once(`${name}_RESPONSE`, answered);
    reader.send(new LLRPCore[name](data === undefined ? {} : { data })).catch(reject);
  });
}

const happens = (event) => new Promise((resolve) => reader.once(event, resolve));

reader.on("message", (message) => {
  names[message.getName()] = (names[message.getName()] || 0) + 1;
});
reader.on("KEEPALIVE", () => {
  keepalives += 1;
  reader.send(new LLRPCore.KEEPALIVE_ACK());
});
reader.on("RO_ACCESS_REPORT", (report) => {
  for (const tag of asList(report.getTagReportData())) {
    const [read] = asList(tag.getAccessCommandOpSpecResult());
    tags.push({
      epc: asList(tag.getEPCParameter())[0].getEPC(),
      antenna: tag.getAntennaID().getAntennaID(),
      rssi: tag.getPeakRSSI().getPeakRSSI(),
      words: read ? read.getReadData() : undefined,
    });
  }
});
reader.on("error", (error) => {
  console.error(error);
  process.exit(1);
});

function rospec() {
  const selected = ["AntennaID", "PeakRSSI", "FirstSeenTimestamp", "LastSeenTimestamp", "TagSeenCount", "AccessSpecID"];
  const others = ["ROSpecID", "SpecIndex", "InventoryParameterSpecID", "ChannelIndex"];
  const content = {};
  for (const field of selected) content[`Enable${field}`] = true;
  for (const field of others) content[`Enable${field}`] = false;
  return {
    ROSpecID: 7,
    Priority: 0,
    CurrentState: "Disabled",
    ROBoundarySpec: {
      ROSpecStartTrigger: { ROSpecStartTriggerType: "Null" },
      ROSpecStopTrigger: { ROSpecStopTriggerType: "Null", DurationTriggerValue: 0 },
    },
    AISpec: {
      AntennaIDs: [1, 2],
      AISpecStopTrigger: { AISpecStopTriggerType: "Null", DurationTrigger: 0 },
      InventoryParameterSpec: { InventoryParameterSpecID: 1, ProtocolID: "EPCGlobalClass1Gen2" },
    },
    ROReportSpec: { ROReportTrigger: "Upon_N_Tags_Or_End_Of_AISpec", N: 1, TagReportContentSelector: content },
  };
}

function accessspec() {
  return {
    AccessSpecID: 3,
    AntennaID: 0,
    ProtocolID: "EPCGlobalClass1Gen2",
    CurrentState: "Disabled",
    ROSpecID: 7,
    AccessSpecStopTrigger: { AccessSpecStopTrigger: "Operation_Count", OperationCountValue: 1 },
    AccessCommand: {
      C1G2TagSpec: {
        C1G2TargetTag: { MB: 1, Match: true, Pointer: 32, TagMask: "F".repeat(epc.length), TagData: epc },
      },
      C1G2Read: { OpSpecID: 5, AccessPassword: 0, MB: 2, WordPointer: 0, WordCount: 6 },
    },
  };
}

async function drive() {
  const welcomed = happens("READER_EVENT_NOTIFICATION");
  await reader.initializeClient(new OneByOne(net.connect(Number(port), host)));
  const welcome = (await welcomed).getReaderEventNotificationData().getConnectionAttemptEvent().getStatus();
  const capabilities = await ask("GET_READER_CAPABILITIES", { RequestedData: "All" });
  await ask("GET_READER_CONFIG", { AntennaID: 0, RequestedData: "All", GPIPortNum: 0, GPOPortNum: 0 });
  await ask("SET_READER_CONFIG", {
    ResetToFactoryDefault: true,
    KeepaliveSpec: { KeepaliveTriggerType: "Periodic", PeriodicTriggerValue: 100 },
  });
  await ask("DELETE_ROSPEC", { ROSpecID: 0 });
  await ask("ADD_ROSPEC", { ROSpec: rospec() });
  await ask("ENABLE_ROSPEC", { ROSpecID: 7 });
  await ask("START_ROSPEC", { ROSpecID: 7 });
  while (tags.length < REPORTS_WANTED || keepalives < 3) await happens("message");
  await ask("ADD_ACCESSSPEC", { AccessSpec: accessspec() });
  await ask("ENABLE_ACCESSSPEC", { AccessSpecID: 3 });
  while (!tags.some((tag) => tag.words)) await happens("message");
  const held = (await ask("GET_ROSPECS")).getROSpec();
  await ask("STOP_ROSPEC", { ROSpecID: 7 });
  await ask("DELETE_ROSPEC", { ROSpecID: 7 });
  const gone = happens("disconnect");
  await ask("CLOSE_CONNECTION");
  await gone;
  const powers = capabilities.getRegulatoryCapabilities().getUHFBandCapabilities().getTransmitPowerLevelTableEntry();
  console.log(
    JSON.stringify({
      welcome,
      antennas: capabilities.getGeneralDeviceCapabilities().getMaxNumberOfAntennaSupported(),
      powers: asList(powers).length,
      state: asList(held)[0].getCurrentState(),
      names,
      tags,
    }),
  );
  process.exit(0);
}

drive().catch((error) => {
  console.error(error);
  process.exit(1);
});
