// The SDK for JavaScript puts `sync-` before the host of StartSyncExecution and TestState, and reads no variable that
// says not to. NODE_OPTIONS loads this (aws_settings.py): names of this machine resolve with the prefix as without it.
const dns = require("node:dns");
const { lookup } = dns;
dns.lookup = (name, ...rest) => lookup(String(name).replace(/^sync-(?=127\.0\.0\.1$|localhost$)/, ""), ...rest);
