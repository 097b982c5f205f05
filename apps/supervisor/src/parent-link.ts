// Loaded into every child before its own code (`node --import`), so that no child outlives a killed supervisor: the
// supervisor's end of the IPC channel closes whatever ended it.
const graceMs = 1_500;

process.once('disconnect', () => {
  process.kill(process.pid, 'SIGTERM');
  // Not unref'd and not waiting for anything: a child that hangs in its own shutdown ends here.
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), graceMs);
});
// Listening must not keep a child alive that has ended by itself.
process.channel?.unref();
