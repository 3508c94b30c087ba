// The addon's table of contents. Each part has a file of its own; src/binding/ is its TypeScript face.
#include <napi.h>

#include "connection_cutter.h"
#include "journal_reader.h"
#include "datagram_reader.h"
#include "kernel_log_reader.h"
#include "netfilter_monitor.h"
#include "nftables.h"
#include "pattern_set.h"
#include "record_sieve.h"
#include "peer_credentials.h"
#include "route_gateways.h"
#include "route_monitor.h"
#include "service_manager.h"
#include "set_lookup.h"
#include "table_reader.h"
#include "to_valid_utf8.h"

static Napi::Object Init(Napi::Env env, Napi::Object exports) {
  exports.Set("JournalReader", JournalReader::Define(env));
  exports.Set("DatagramReader", DatagramReader::Define(env));
  exports.Set("KernelLogReader", KernelLogReader::Define(env));
  exports.Set("NetfilterMonitor", NetfilterMonitor::Define(env));
  exports.Set("Nftables", Nftables::Define(env));
  exports.Set("PatternSet", PatternSet::Define(env));
  exports.Set("RecordSieve", RecordSieve::Define(env));
  exports.Set("SetLookup", SetLookup::Define(env));
  exports.Set("TableReader", TableReader::Define(env));
  exports.Set("RouteMonitor", RouteMonitor::Define(env));
  exports.Set("cutConnections", Napi::Function::New(env, CutConnections, "cutConnections"));
  exports.Set("gateways", Napi::Function::New(env, Gateways, "gateways"));
  exports.Set("notify", Napi::Function::New(env, Notify, "notify"));
  exports.Set("peerCredentials", Napi::Function::New(env, PeerCredentials, "peerCredentials"));
  exports.Set("toValidUtf8", Napi::Function::New(env, ToValidUtf8, "toValidUtf8"));
  return exports;
}

NODE_API_MODULE(ringjail, Init)
