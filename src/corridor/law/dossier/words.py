"""The words of a document that are not its template's: marks, codes, heads of tables, in each language."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

PHRASES: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {
        "open": "[to be filled in]",
        "open_fact": "[to be filled in; say {fact}]",
        "unsure": "Whether this is needed is not known: it depends on {facts}.",
        "made": "Skeleton made on {day} from a description of the transfer; it proves nothing and claims no paper.",
        "disclaimer": "This is not legal advice.",
        "shown": "Shown in the description; not compared with the paper itself.",
        "none": "none",
        "yes": "yes",
        "no": "no",
        "unknown": "not known",
        "items": "data",
        "counts": "numbers",
        "papers": "papers",
        "category": "category",
        "subject": "whose",
        "purpose": "purpose",
        "collected_in": "collected in",
        "unit": "unit",
        "n": "number",
        "kind": "kind",
        "id": "id",
        "number": "number",
        "valid_to": "valid to",
    },
    "zh": {
        "open": "【待填】",
        "open_fact": "【待填；请说明 {fact}】",
        "unsure": "是否需要本部分尚不明确，取决于：{facts}。",
        "made": "本提纲于 {day} 根据对传输的描述生成，不证明任何事实，也不表示任何文件已经存在。",
        "disclaimer": "本文件不构成法律意见。",
        "shown": "依据描述列出，未与文件原件核对。",
        "none": "无",
        "yes": "是",
        "no": "否",
        "unknown": "不明",
        "items": "数据",
        "counts": "数量",
        "papers": "文件",
        "category": "类别",
        "subject": "个人类型",
        "purpose": "目的",
        "collected_in": "收集地",
        "unit": "单位",
        "n": "数量",
        "kind": "种类",
        "id": "编号",
        "number": "文号",
        "valid_to": "有效期至",
    },
}
"""Phrases by language and name."""

_ARTICLE: Final = re.compile(r"\barts? (\d+(?:-\d+)?)")
_CODES_ZH: Final[Mapping[str, str]] = {
    "authority_approval": "主管机关批准",
    "certification": "个人信息出境认证",
    "exported_persons": "累计提供个人信息（不含敏感个人信息）",
    "exported_sensitive_persons": "累计提供敏感个人信息",
    "gba_contract": "粤港澳大湾区标准合同",
    "security_assessment": "数据出境安全评估",
    "standard_contract": "个人信息出境标准合同",
    "account_auth": "账号认证信息",
    "ad_id": "广告标识",
    "adult": "成年人",
    "biometric_id": "生物识别信息",
    "biospecimen": "生物样本",
    "browsing_history": "浏览记录",
    "business_contact": "业务联系人",
    "call_detail": "通话记录",
    "communications_content": "通信内容",
    "contact_demographic": "联系方式和基本资料",
    "continuous": "持续",
    "controller": "个人信息处理者",
    "core": "核心数据",
    "credit": "信用信息",
    "criminal": "违法犯罪记录",
    "customer": "客户",
    "customer_service": "客户服务",
    "device_id": "设备标识",
    "devices": "台设备",
    "direct_collection": "直接收集",
    "education": "教育信息",
    "employee": "员工",
    "employment": "就业信息",
    "entrust": "委托处理",
    "exporter": "提供方",
    "financial_account": "金融账户",
    "general_business": "一般业务数据",
    "genetic": "基因信息",
    "genomic": "基因组信息",
    "geospatial": "地理空间数据",
    "gov_id": "身份证件信息",
    "health": "医疗健康信息",
    "hr_management": "人力资源管理",
    "importer": "接收方",
    "important": "重要数据",
    "industrial": "工业数据",
    "licence": "许可使用",
    "location": "位置信息",
    "marketing": "市场营销",
    "minor_u14": "不满十四周岁的未成年人",
    "minor_u17": "不满十七周岁的未成年人",
    "network_id": "网络标识",
    "none": "无",
    "not_notified": "未被告知或者公布为重要数据",
    "notified": "已被告知为重要数据",
    "occasional": "偶尔",
    "one_off": "一次性",
    "patient": "患者",
    "payroll": "薪酬管理",
    "persons": "人",
    "physical_media": "物理介质",
    "politics": "政治观点",
    "precise_location": "行踪轨迹",
    "processor": "受托人",
    "product_safety": "产品安全",
    "pseudonymised": "去标识化",
    "publish": "公开",
    "published_catalogue": "已列入公布的重要数据目录",
    "race_ethnicity": "种族或民族",
    "religion_belief": "宗教信仰",
    "remote_access": "境外远程访问",
    "repetitive": "重复",
    "research": "研究",
    "sale": "出售",
    "send": "传输",
    "sex_life": "性生活",
    "specific_identity": "特定身份",
    "statistics": "统计",
    "store_abroad": "境外存储",
    "student": "学生",
    "sub_processor": "转委托的受托人",
    "systematic": "系统性",
    "transaction_history": "交易记录",
    "transit": "过境",
    "traveller": "旅客",
    "union": "工会成员身份",
    "vehicle": "车辆数据",
    "visitor": "访客",
}


def phrase(language: str, name: str) -> str:
    """The phrase in `language`, in English where the language has none."""
    return PHRASES.get(language, PHRASES["en"])[name]


def code_word(language: str, code: str) -> str:
    """A code of the vocabulary in words; a code that has none is shown as it is."""
    if language == "zh":
        return _CODES_ZH.get(code, code)
    return code.replace("_", " ") if code.islower() else code


def pin_words(language: str, pin: str) -> str:
    """A pin in words of the language: `art 55(4)` is `第55条(4)`."""
    return _ARTICLE.sub(r"第\1条", pin) if language == "zh" else pin
