"""Classes of transformers, by their names without `Tokenizer`, and the defaults of each.

From transformers 4.57, for whose reading most published files were written; what is put around a
text is from 5, under which models run now.
"""

from __future__ import annotations

from collections.abc import Mapping


def _roles(words: str) -> dict[str, str]:
    return dict(word.split("=", 1) for word in words.split())


# WordPiece with BERT's normalisation, lowercased unless told otherwise
BERT = frozenset(
    "Bert ConvBert DistilBert DPRContextEncoder DPRQuestionEncoder DPRReader Electra Funnel "  # noqa: SIM905
    "LayoutLM LayoutLMv2 Lxmert MPNet MobileBert Realm RetriBert Splinter SqueezeBert".split()
)
# Those of them that leave Chinese characters as tokenizer.json has them
KEEP_CHINESE = frozenset(("MPNet", "Splinter"))
# Byte-level BPE, cut as by GPT-2
ROBERTA = frozenset(
    ("Bart", "Blenderbot", "LED", "LayoutLMv3", "Longformer", "MarkupLM", "Mvp", "Roberta")
)
BYTE_LEVEL = ROBERTA | {"CodeGen", "Deberta", "GPT2", "GPTNeoX", "Whisper"}
LLAMA = frozenset(("CodeLlama", "Llama", "Phi3"))

_BERT = _roles("unk=[UNK] sep=[SEP] pad=[PAD] cls=[CLS] mask=[MASK]")
_ROBERTA = _roles("bos=<s> eos=</s> unk=<unk> sep=</s> pad=<pad> cls=<s> mask=<mask>")
_END = "<|endoftext|>"
_GPT2 = {"bos": _END, "eos": _END, "unk": _END}
# The special tokens that a class has where its files name no others
SPECIALS: Mapping[str, Mapping[str, str]] = {
    **dict.fromkeys(BERT, _BERT),
    **dict.fromkeys(ROBERTA, _ROBERTA),
    **dict.fromkeys(("CodeGen", "GPT2", "GPTNeoX", "Whisper"), _GPT2),
    **dict.fromkeys(LLAMA, _roles("bos=<s> eos=</s> unk=<unk>")),
    "Deberta": {**_BERT, "bos": "[CLS]", "eos": "[SEP]"},
    "Funnel": _roles("bos=<s> eos=</s> unk=<unk> sep=<sep> pad=<pad> cls=<cls> mask=<mask>"),
    "Gemma": _roles("bos=<bos> eos=<eos> unk=<unk> pad=<pad>"),
    "MPNet": {**_ROBERTA, "unk": "[UNK]"},
    "Qwen2": {"eos": _END, "unk": _END, "pad": _END},
}
# Those that it has besides, without a role
OTHERS: Mapping[str, tuple[str, ...]] = {
    "CodeLlama": ("▁<PRE>", "▁<MID>", "▁<SUF>", "▁<EOT>"),
    "Splinter": ("[QUESTION]",),
}
# Those whose mask takes the space before it
SPACED_MASK = ROBERTA | {"MPNet"}
# What a class puts around a text: a role and its usual token, or a token as it is. A language is a
# setting, and written as the usual one is.
_CLS_SEP, _LANGUAGE = "cls=[CLS] TEXT sep=[SEP]", "TEXT eos=</s>"
FRAMES: Mapping[str, str] = {
    **dict.fromkeys((*BERT, "Albert", "BigBird", "Deberta", "DebertaV2", "LayoutLMv2"), _CLS_SEP),
    **dict.fromkeys(
        (*ROBERTA - {"Blenderbot"}, "Bertweet", "Herbert", "LayoutXLM", "MPNet", "Phobert"),
        "cls=<s> TEXT sep=</s>",
    ),
    **dict.fromkeys(("Camembert", "XLMRoberta"), "bos=<s> TEXT eos=</s>"),
    **dict.fromkeys(("Flaubert", "XLM"), "bos=<s> TEXT sep=</s>"),
    **dict.fromkeys(
        ("Marian", "Pegasus", "Speech2Text", "SpeechT5", "T5", "Udop"), "TEXT eos=</s>"
    ),
    **dict.fromkeys(("BertGeneration", "CTRL"), "TEXT"),
    "BioGpt": "sep=</s> TEXT",
    "CLIP": "bos=<|startoftext|> TEXT eos=<|endoftext|>",
    "Esm": "cls=<cls> TEXT eos=<eos>",
    "FSMT": "TEXT sep=</s>",
    "Funnel": "cls=<cls> TEXT sep=<sep>",
    "M2M100": f"src_lang=__en__ {_LANGUAGE}",
    "MBart": f"{_LANGUAGE} src_lang=en_XX",
    "MBart50": f"src_lang=en_XX {_LANGUAGE}",
    "Nllb": f"src_lang=eng_Latn {_LANGUAGE}",
    "PLBart": f"{_LANGUAGE} src_lang=__en_XX__",
    "SeamlessM4T": f"src_lang=__eng__ {_LANGUAGE}",
    "Whisper": "<|startoftranscript|> language task <|notimestamps|> TEXT eos=<|endoftext|>",
    "XGLM": "eos=</s> TEXT",
    "XLNet": "TEXT sep=<sep> cls=<cls>",
}
# Those that let a tokenizer.json say it, if it does; and those that no longer have a class of their
# own, where nothing is put around text if it does not.
YIELDING, GONE = ("Albert",), ("Realm", "RetriBert")
# What is put around where add_bos_token and add_eos_token are set, of parts alone; a tokenizer.json
# says itself what is.
_BOTH = "bos=<s> TEXT eos=</s>"
FLAGGED: Mapping[str, str] = {
    **dict.fromkeys(("Barthez", "Blenderbot", "CodeLlama", "Llama", "Phi3"), _BOTH),
    **dict.fromkeys(("CodeGen", "GPT2", "GPTNeoX"), f"bos={_END} TEXT eos={_END}"),
    **dict.fromkeys(("FNet", "RemBert"), "bos=[CLS] TEXT eos=[SEP]"),
    "Bloom": _BOTH,
    "Cohere": "bos=<BOS_TOKEN> TEXT eos=<|END_OF_TURN_TOKEN|>",
    "Gemma": "bos=<bos> TEXT eos=<eos>",
    "OpenAIGPT": "TEXT",
    "Qwen2": f"bos= TEXT eos={_END}",  # which has no such token by itself
    "Reformer": "bos= TEXT eos=</s>",
    "": _BOTH,  # no class, or one that stands for any
}
# Those that do not ask a tokenizer.json
FIXED: Mapping[str, str] = {"CodeLlama": "bos=<s> TEXT", "GPTNeoX": "TEXT"}
_MODELS: Mapping[str, str] = {
    "Albert": "albert yoso",
    "Bart": "bart",
    "Barthez": "barthez",
    "Bert": "align bark bert blip bros chinese_clip ernie git grounding-dino megatron-bert "
    "mm-grounding-dino nezha qdqbert tvp vilt visual_bert",
    "Bertweet": "bertweet",
    "BigBird": "big_bird",
    "BioGpt": "biogpt",
    "Blenderbot": "blenderbot",
    "CLIP": "clip",
    "CTRL": "ctrl",
    "Camembert": "camembert",
    "CodeGen": "codegen phi",
    "CodeLlama": "code_llama",
    "ConvBert": "convbert",
    "DPRQuestionEncoder": "dpr",
    "Deberta": "deberta",
    "DebertaV2": "deberta-v2",
    "DistilBert": "distilbert",
    "Electra": "electra",
    "FSMT": "fsmt",
    "Flaubert": "flaubert",
    "Funnel": "funnel",
    "GPT2": "blip-2 dbrx emu3 exaone4 flex_olmo gpt2 gpt_bigcode gpt_neo gptj granite "
    "granitemoe granitemoehybrid granitemoeshared instructblip instructblipvideo "
    "minimax olmo3 opt starcoder2",
    "GPTNeoX": "falcon_mamba gpt_neox mamba mamba2 mpt olmo olmo2 olmoe rwkv stablelm xlstm",
    "Gemma": "gemma gemma2 gemma3 gemma3_text gemma3n gemma3n_text recurrent_gemma "
    "shieldgemma2 siglip2 t5gemma",
    "Herbert": "herbert",
    "LED": "led",
    "LayoutLM": "layoutlm",
    "LayoutLMv2": "layoutlmv2",
    "LayoutLMv3": "layoutlmv3 lilt",
    "LayoutXLM": "layoutxlm",
    "Llama": "arcee aria chameleon colpali deepseek_v2 deepseek_v3 deepseek_vl "
    "deepseek_vl_hybrid diffllama ernie4_5 ernie4_5_moe idefics idefics2 idefics3 "
    "jamba janus jetmoe llama llama4 llama4_text llava llava_next llava_next_video "
    "llava_onevision ministral mistral mistral3 mixtral mllama paligemma persimmon "
    "phi3 phimoe video_llava vipllava zamba zamba2",
    "Longformer": "longformer",
    "Lxmert": "lxmert",
    "M2M100": "m2m_100",
    "MBart": "mbart",
    "MBart50": "mbart50",
    "MPNet": "mpnet",
    "Marian": "marian",
    "MobileBert": "mobilebert",
    "Mvp": "mvp",
    "Nllb": "nllb nllb-moe",
    "OpenAIGPT": "openai-gpt",
    "PLBart": "plbart",
    "Pegasus": "pegasus",
    "Phobert": "phobert",
    "Qwen2": "colqwen2 internvl qwen2 qwen2_5_omni qwen2_5_vl qwen2_audio qwen2_moe qwen2_vl "
    "qwen3 qwen3_moe qwen3_next qwen3_omni_moe qwen3_vl qwen3_vl_moe",
    "Realm": "realm",
    "Reformer": "reformer",
    "RemBert": "rembert",
    "RetriBert": "retribert",
    "Roberta": "bridgetower clap data2vec-text ibert mega mra roberta roberta-prelayernorm",
    "SeamlessM4T": "seamless_m4t seamless_m4t_v2",
    "Splinter": "splinter",
    "SqueezeBert": "squeezebert",
    "T5": "t5 mt5 umt5 switch_transformers longt5",
    "Udop": "udop",
    "Whisper": "whisper",
    "XGLM": "xglm",
    "XLM": "xlm",
    "XLMRoberta": "xlm-roberta xmod",
    "XLNet": "xlnet",
}
# model_type of config.json -> class, where no file names one
CLASS_OF: Mapping[str, str] = {
    model: kind for kind, models in _MODELS.items() for model in models.split()
}
