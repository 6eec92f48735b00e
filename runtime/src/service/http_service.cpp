// graft.http: checks who may ask whom, and hands what is left to the host's client.
#include "../call/caught.hpp"
#include "service_call.hpp"

#include <graft/service/http.h>

#include <algorithm>
#include <cctype>

namespace graft {
namespace {

constexpr std::string_view kMethods[] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};
constexpr std::uint64_t kMostHeaders = 200;
/// The client's own: one of these from a plugin would lead the request elsewhere, or end it early.
constexpr std::string_view kOwnHeaders[] = {"host", "content-length", "transfer-encoding", "connection", "upgrade",
                                            "te",   "trailer"};

bool is_token(char character) {
  constexpr std::string_view kOther = "!#$%&'*+-.^_`|~";
  return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
         (character >= '0' && character <= '9') || kOther.find(character) != kOther.npos;
}

bool is_value(char character) {
  const auto byte = static_cast<unsigned char>(character);
  return byte == '\t' || (byte >= ' ' && byte != 0x7f);
}

Result<WebHeaders> read_headers(const graft_http_request &request) {
  if (request.header_count % 2 != 0 || request.header_count > kMostHeaders ||
      (request.header_count != 0 && request.headers == nullptr))
    return error(Code::kInvalid, "headers are names and values in turn, at most 100 of each");
  WebHeaders headers;
  for (std::uint64_t index = 0; index < request.header_count; index += 2) {
    std::string name(view(request.headers[index]));
    std::string value(view(request.headers[index + 1]));
    if (name.empty() || !std::ranges::all_of(name, is_token))
      return error(Code::kInvalid, "header " + std::to_string(index / 2 + 1) + " has no name that HTTP allows");
    if (!std::ranges::all_of(value, is_value))
      return error(Code::kInvalid, "the value of header '" + name + "' holds a line break or a control character");
    std::string low = name;
    std::ranges::transform(low, low.begin(),
                           [](unsigned char character) { return static_cast<char>(std::tolower(character)); });
    if (std::ranges::find(kOwnHeaders, low) != std::end(kOwnHeaders))
      return error(Code::kInvalid, "header '" + name + "' is the client's own to set");
    headers.emplace_back(std::move(name), std::move(value));
  }
  return headers;
}

Result<void> may_reach(const BundleServices &bundle, const WebAddress &address) {
  if (std::ranges::any_of(bundle.web, [&](const WebRule &rule) { return allows(rule, address); })) return {};
  WebAddress shown = address;
  shown.query.clear();
  return error(Code::kRefused, "bundle '" + bundle.name + "' may not reach " + to_string(shown) + "; the host allows it " +
                                   std::to_string(bundle.web.size()) + " other places");
}

Result<WebRequest> read_request(ServiceUse &use, const graft_http_request *request) {
  if (request == nullptr || request->struct_size < sizeof(graft_http_request))
    return error(Code::kInvalid, "a request needs its struct_size set");
  WebRequest asked;
  asked.bundle = use.bundle.name;
  asked.method = view(request->method);
  if (std::ranges::find(kMethods, asked.method) == std::end(kMethods))
    return error(Code::kInvalid, "'" + asked.method.substr(0, 32) + "' is no method of a request; wanted such as GET");
  GRAFT_TRY_ASSIGN(asked.address, parse_web_address(view(request->url)));
  GRAFT_TRY(may_reach(use.bundle, asked.address));
  GRAFT_TRY_ASSIGN(asked.headers, read_headers(*request));
  GRAFT_TRY(check_payload(use, "a request's body", view(request->body).size()));
  asked.body = view(request->body);
  const std::chrono::milliseconds most = use.services.config.web_timeout;
  asked.timeout = request->timeout_ms == 0 ? most : std::min(most, std::chrono::milliseconds(request->timeout_ms));
  asked.most_bytes = use.services.config.payload_bytes;
  return asked;
}

Result<void> send_request(ServiceUse &use, const graft_http_request *request, graft_http_response *response) {
  if (response == nullptr || response->struct_size < sizeof(graft_http_response))
    return error(Code::kInvalid, "an answer needs its struct_size set");
  GRAFT_TRY_ASSIGN(const WebRequest asked, read_request(use, request));
  if (use.services.config.web == nullptr) return error(Code::kUnsupported, "this host has no web client");
  Result<WebResponse> answered = error(Code::kInternal, "the web client did not answer");
  if (const auto caught = catch_all([&] { answered = use.services.config.web->send(asked); }))
    return error(Code::kException, "the host's web client threw " + *caught);
  if (!answered) return std::move(answered).error();
  GRAFT_TRY(check_payload(use, "an answer's body", answered->body.size()));
  std::string headers;
  for (const auto &[name, value] : (*answered).headers) headers += name + ": " + value + "\n";
  response->status = answered->status;
  GRAFT_TRY(append(use, response->headers, headers));
  return append(use, response->body, answered->body);
}

graft_status send(void *self, const graft_http_request *request, graft_http_response *response) {
  return answer(self, ServiceFunction::kHttpSend, [&](ServiceUse &use) { return send_request(use, request, response); });
}

} // namespace

Result<void> offer_http(ServiceSet &services, HostContracts &contracts) {
  return offer(services, contracts, graft_http{.send = send});
}

} // namespace graft
