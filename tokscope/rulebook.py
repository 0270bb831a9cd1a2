"""Findings have codes that stay: what each means, how heavy it weighs, and what helps.

TS0 is about identity, whether a tokenizer is the one that was locked; TS1 about efficiency and
numbers; TS2 about fairness; TS3 about fidelity, whether text comes back from its tokens; TS4 about
the vocabulary; TS9 about evidence, whether a verdict can be given at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """What a finding is."""

    severity: str
    title: str
    why: str
    fix: str


RULES: Mapping[str, Rule] = {
    "TS001": Rule(
        "error",
        "golden strings have other ids",
        "Strings that tokenizers often get wrong are encoded otherwise than at the baseline. A "
        "model trained with the old ids reads other tokens, even where their number is the same.",
        "Find what changed: the file, or the version of a library. If it was wanted, lock again.",
    ),
    "TS002": Rule(
        "error",
        "special tokens changed",
        "A special token came, went or has another id: prompts and stops break in silence.",
        "Restore the tokens and their ids; if it was wanted, tell who uses them, and lock again.",
    ),
    "TS003": Rule(
        "error",
        "ids were added, removed or changed",
        "The vocabulary is another one. An id that was only added changes no other, but a model "
        "needs a row for it; an id that was removed or stands for other bytes breaks a model.",
        "Restore the vocabulary; a model's embeddings belong to the old one. If ids were only "
        "added on purpose, enlarge the model, and lock again.",
    ),
    "TS004": Rule(
        "error",
        "units of text with other ids",
        "More of the text than allowed is encoded otherwise than at the baseline. This is exact: "
        "the ids of every unit were compared by their hash.",
        "Look at the units named; allow a share with identity.documents, or lock again.",
    ),
    "TS005": Rule(
        "error",
        "a component changed",
        "A part of the file that can decide ids is another one, whether or not a text shows it. "
        "Order of keys, spaces and the way merges are written do not count; the page about rules "
        "lists what is left out.",
        "Compare the part with tokscope inspect --components; if it was wanted, lock again.",
    ),
    "TS006": Rule(
        "warning",
        "another version of a library",
        "The baseline was made with other versions of what encodes; they may differ on some text.",
        "Nothing, if the golden strings have the same ids; else pin the version, or lock again.",
    ),
    "TS007": Rule(
        "error",
        "golden strings get other special tokens",
        "Strings whose own ids are as at the baseline reach a model with other special tokens "
        "around them: the ids that the post-processor makes of them are others. Padding and "
        "truncation are left away.",
        "Restore the post-processor, or what adds the tokens; if it was wanted, lock again.",
    ),
    "TS008": Rule(
        "error",
        "what is done around text changed",
        "Post-processor, truncation, padding, dropout, settings beside it in its folder, or what "
        "else stands in the file, also where nothing here reads it (rest.PLACE): what a model gets "
        "may be other, though no id of text is. Dropout is switched off while tokens are counted.",
        "Compare the part with tokscope inspect --components; if it was wanted, lock again.",
    ),
    "TS009": Rule(
        "error",
        "a chat template changed",
        "Conversations are written for the model in another way, at least those that reach what "
        "changed. Templates are compared by their hash, and never run.",
        "Compare the templates as text; if it was wanted, lock again.",
    ),
    "TS010": Rule(
        "error",
        "old ids changed in a tokenizer that grew",
        "It should only have joined tokens of the baseline. But an old id means something else "
        "now, or a golden string or a unit of text is cut elsewhere, or has an old id where it had "
        "others. A model that learned the old ids reads this text wrong. A pass says what was "
        "tried.",
        "Add merges behind all others, as tokscope extend does, and keep the ids of added tokens.",
    ),
    "TS101": Rule(
        "error",
        "a measure got worse",
        "On text like this the value is worse than at the baseline by more than the tolerance: the "
        "whole 95 % interval lies above it. Intervals hold for all corpora of a measure at once.",
        "Look at the units named. Raise the tolerance, or lock again if it was wanted.",
    ),
    "TS102": Rule(
        "error",
        "a measure over its limit",
        "On this text the value is above its max or below its min.",
        "Mend the tokenizer, or set the limit for this corpus alone.",
    ),
    "TS103": Rule(
        "error",
        "a measure got better than is likely",
        "A large improvement that nobody planned is often a loss: text that is lowercased or "
        "dropped needs fewer tokens.",
        "Look at the fidelity of the text first; if it was wanted, lock again.",
    ),
    "TS111": Rule(
        "error",
        "numbers are cut by another rule",
        "A model has learned arithmetic with the cuts of before.",
        "See tokscope numbers; if it was wanted, lock again.",
    ),
    "TS112": Rule(
        "error",
        "numbers cost more tokens",
        "Tokens per digit, of numbers of 1 to 12 digits, rose by more than allowed.",
        "See tokscope numbers; digits that are split always cost one token each.",
    ),
    "TS121": Rule(
        "note",
        "the inferred mixture moved",
        "Merges say what a tokenizer was trained on; this is a report and no gate.",
        "See tokscope infer-mixture for intervals and doubts.",
    ),
    "TS201": Rule(
        "error",
        "a measure of fairness got worse",
        "Languages are farther apart in what they pay than at the baseline, by more than allowed.",
        "See tokscope compare --by language for who pays; raise the tolerance, or lock again.",
    ),
    "TS202": Rule(
        "error",
        "a measure of fairness over its limit",
        "On this text the languages are farther apart than allowed.",
        "See tokscope compare --by language for who pays more.",
    ),
    "TS311": Rule(
        "error",
        "a measure of fidelity got worse",
        "More text than before is lost, unknown, or cut inside characters.",
        "See tokscope audit for what does not come back, and why.",
    ),
    "TS312": Rule(
        "error",
        "a measure of fidelity over its limit",
        "On this text more is lost, unknown or cut inside characters than allowed.",
        "See tokscope audit for what does not come back, and why.",
    ),
    "TS301": Rule(
        "error",
        "bytes without a token",
        "The vocabulary spells text byte by byte, and for these bytes there is no token: text that "
        "holds them is dropped, becomes the unknown token, or stops the encoder.",
        "Add the missing bytes to the vocabulary; trainers do so when told the initial alphabet.",
    ),
    "TS302": Rule(
        "warning",
        "characters become the unknown token",
        "There are no tokens for bytes, so that a character outside the vocabulary is lost. Text "
        "that gives no token at all is in TS303.",
        "Train with byte fallback or on bytes, or raise the coverage of characters.",
    ),
    "TS303": Rule(
        "warning",
        "text does not come back",
        "Decoding the tokens of these probes or characters gives another text, or they give no "
        "token at all, and the declared normalizer is not the reason.",
        "Compare the decoder with the pre-tokenizer: each step has to be undone.",
    ),
    "TS304": Rule(
        "note",
        "text comes back normalised",
        "Decoding gives what the normalizer made of the text, such as lower case or composed "
        "letters. What differs there cannot be told apart any more.",
        "Nothing, if that was wanted; else train without a normalizer.",
    ),
    "TS401": Rule(
        "warning",
        "tokens that the normalizer changes",
        "The text of the token is rewritten before the model sees it, in all contexts and texts "
        "that were tried.",
        "Normalise the training text as the tokenizer will, or leave the tokens away.",
    ),
    "TS402": Rule(
        "warning",
        "tokens that the pre-tokenizer splits",
        "The text of the token is kept whole in none of the contexts and texts that were tried, so "
        "that the model did not see it.",
        "Train with the same pre-tokenizer that encodes.",
    ),
    "TS403": Rule(
        "warning",
        "tokens that merges or scores never choose",
        "The model makes other tokens of the same piece, given alone and in all contexts and texts "
        "that were tried: a merge is missing or comes too late, or several pieces score better "
        "than the one.",
        "Check that merges were neither dropped nor reordered; prune the tokens otherwise.",
    ),
    "TS404": Rule(
        "warning",
        "tokens that an added token covers",
        "An added token is cut out of the text first and takes some of what the token needs. No "
        "context or text that was tried produced it.",
        "Add longer or rarer strings, or only whole words (single_word).",
    ),
    "TS405": Rule(
        "warning",
        "tokens with the bytes of another",
        "Two ids stand for one string, and no context or text that was tried produced this one.",
        "Keep one of the two; what a model learned of the other is lost.",
    ),
    "TS406": Rule(
        "note",
        "tokens not found in any context or text tried",
        "No way to produce the token was found, and no reason why there is none: not in contexts, "
        "in the embedded sample or the text given, or with up to three characters on either side.",
        "Look at them; a corpus (--corpus) may hold the text that they need.",
    ),
    "TS407": Rule(
        "warning",
        "tokens that no valid text holds",
        "Their bytes are no part of any valid UTF-8.",
        "Clean the training text of broken encodings.",
    ),
    "TS411": Rule(
        "error",
        "merges without a product",
        "What the merge makes is not in the vocabulary; libraries refuse such a file.",
        "Add the product to the vocabulary, or drop the merge.",
    ),
    "TS412": Rule(
        "warning",
        "merges that never apply",
        "A part that the merge needs is made by no merge itself.",
        "Restore the merge that makes the part, or drop this one.",
    ),
    "TS413": Rule(
        "note",
        "tokens that no merge makes",
        "A token of several symbols is the product of no merge: it can only be looked up whole.",
        "Restore its merge, unless whole pretokens are looked up (ignore_merges).",
    ),
    "TS421": Rule(
        "error",
        "an added token twice",
        "Two added tokens have the same text; only one of their ids is ever produced.",
        "Remove one of them.",
    ),
    "TS422": Rule(
        "note",
        "an added token inside another",
        "The text of one begins, ends or stands in the other: which is found depends on order.",
        "Rename one of them, if both can stand in the same text.",
    ),
    "TS423": Rule(
        "error",
        "special tokens that plain text produces",
        "Even when special tokens are not allowed in text, the text of these gives their id: "
        "whoever writes the text can end a prompt or change its roles. The unknown token is none "
        "of them: any unknown word gives it.",
        "Take the texts of special tokens out of the model's own vocabulary and merges.",
    ),
    "TS424": Rule(
        "note",
        "special tokens that text can spell",
        "Where special tokens are allowed in text, as most libraries do by default, text from "
        "outside can hold them.",
        "Encode text from outside with special tokens disallowed.",
    ),
    "TS431": Rule(
        "note",
        "ids without a token",
        "Ids below the largest one stand for nothing.",
        "Nothing, if they are reserved; a model that produces one cannot be decoded.",
    ),
    "TS432": Rule(
        "error",
        "ids beyond the size in config.json",
        "The model has fewer rows than there are ids: such an id reads outside of its table.",
        "Resize the embeddings, or correct vocab_size.",
    ),
    "TS433": Rule(
        "note",
        "a size in config.json above the ids",
        "The model has rows that no id uses, as padding to a round number leaves them.",
        "Nothing, if it is padding; mask them when sampling.",
    ),
    "TS441": Rule(
        "note",
        "for review: addresses and paths",
        "Tokens that look like parts of web addresses tell of pages seen very often in training.",
        "Look whether they are worth an id.",
    ),
    "TS442": Rule(
        "note",
        "for review: one character eight times and more",
        "Long runs of one character come from rules, tables and broken encodings.",
        "Look whether they are worth an id.",
    ),
    "TS443": Rule(
        "note",
        "for review: long Chinese, Japanese or Korean phrases",
        "Phrases of four characters and more in one token often come from spam in the training "
        "text, and models know little of them.",
        "Look at them; some are names and common phrases.",
    ),
    "TS444": Rule(
        "note",
        "for review: over 64 bytes long",
        "Very long tokens come from text that repeats, and are rarely used; the longest stand "
        "first.",
        "Look whether they are worth an id; trainers can limit the length.",
    ),
    "TS445": Rule(
        "note",
        "for review: ASCII white space alone",
        "Runs of spaces save tokens in code and tables; a vocabulary may have hundreds of them, or "
        "too few. The longest stand first.",
        "Look whether the lengths are those that your text has.",
    ),
    "TS451": Rule(
        "note",
        "tokens never produced on the corpora",
        "They do not come up in the text given. Read it beside what Zipf's law leaves unseen in "
        "that much text: a few thousand tokens more than that are worth a look.",
        "Give more text, of the kinds that the tokenizer is meant for.",
    ),
    "TS901": Rule(
        "warning",
        "too few documents",
        "With so few units of text, or text that varies so much, the interval lies on both sides "
        "of the tolerance: the verdict is inconclusive.",
        "Give as many units as the message says; --fail-inconclusive insists on them.",
    ),
    "TS902": Rule(
        "error",
        "the text is not that of the baseline",
        "Values on different text cannot be compared, nor can a corpus that is missing. Nothing "
        "was judged.",
        "Restore the text; if it was meant to change, run tokscope lock --update --reason TEXT.",
    ),
    "TS903": Rule(
        "error",
        "the text was counted otherwise",
        "Another rule for words, another field or reference, or another way to treat special "
        "tokens changes values without the tokenizer. Nothing was judged.",
        "Set [text] back, or run tokscope lock --update --reason TEXT.",
    ),
    "TS904": Rule(
        "error",
        "a waiver is over, or does not end",
        "The failure was accepted until a day that has come, or that is years away. Nothing was "
        "judged.",
        "Mend the failure and remove the waiver, or give it another day and say why.",
    ),
    "TS905": Rule(
        "error",
        "there is no baseline",
        "Gates that ask for a change need a lock to compare with. Nothing was judged.",
        "Run tokscope lock and commit its two files, or name a baseline with --against.",
    ),
    "TS906": Rule(
        "error",
        "there is nothing to judge",
        "No gate is on, a limit names a corpus that is not there, text has no tokens, or a value "
        "is undefined on one side. That is never a pass.",
        "Switch gates on in the configuration, and name corpora that it reads and that have text.",
    ),
}
GROUPS: Mapping[str, str] = {
    "TS0": "identity",
    "TS1": "efficiency and numbers",
    "TS2": "fairness",
    "TS3": "fidelity",
    "TS4": "vocabulary",
    "TS9": "evidence",
}
