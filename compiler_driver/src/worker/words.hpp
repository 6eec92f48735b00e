// What host and worker say to each other: jobs and outcomes as lists of words, and those as bytes.
//
// Both ends are of one build (the first word says so), hence no versions; yet neither trusts the other's lengths.
#pragma once

#include <graft/driver/compiler.hpp>

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace graft::driver {

using Words = std::vector<std::string>;

std::string bytes_of(const Words &words);
/// Nothing for bytes that are cut short or none of `bytes_of`.
std::optional<Words> words_of(std::span<const char> bytes);

Words to_words(const Job &job);
Result<Job> job_from_words(const Words &words);

Words to_words(const Result<Artifact> &outcome);
Result<Artifact> outcome_from_words(const Words &words);

/// A file that is done goes before the outcome.
Words to_words(const CompiledFile &file);
/// Whether these words were one; then `tell` has heard of it.
bool tell_compiled(const Words &words, const TellCompiled &tell);

} // namespace graft::driver
