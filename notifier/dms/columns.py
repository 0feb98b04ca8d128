"""The fields of each kind of file and the names dealerships give them, in Chinese and English. Data only.

Traditional characters are read as simplified ones (see headers.py), so each name is listed once. docs/import.md shows
the same list to staff.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

__all__ = ["CONTACTS", "CUSTOMERS", "KINDS", "RENEWALS", "VISITS", "Kind"]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of file: its fields with their names, and the fields without which it says nothing.

    Of several columns that mean one field, the one whose name stands first in `aliases` is taken; of the fields in
    `spared` the others speak where it is empty. `told`: names of columns that we write for people and do not read back.
    """

    name: str
    required: tuple[str, ...]
    aliases: Mapping[str, tuple[str, ...]]
    spared: tuple[str, ...] = ()
    told: tuple[str, ...] = ()


def _fields(**names: str) -> Mapping[str, tuple[str, ...]]:
    return MappingProxyType({field: tuple(text.split(", ")) for field, text in names.items()})


_VIN = (
    "vin, vin码, vin号, vin no, vin number, vin code, 车架号, 车架号码, 车架编号, 车架, 底盘号, 底盘号码, 车辆识别码, "
    "车辆识别号, 车辆识别代号, 车辆识别代码, 识别代码, 车身号码, 车身号, 大架号, 引擎车身号码, chassis, chassis no, "
    "chassis number, frame no, frame number"
)

_CUSTOMERS_FIELDS = _fields(
    number=(
        "number, customer no, customer number, customer id, customer code, client no, client id, account no, 客户编号, "
        "客户号, 客户代码, 客户编码, 客户卡号, 客户序号, 车主编号, 车主代码, 用户编号, 客户id, 档案号, 客户档案号, "
        "建档号, 会员编号, 会员号, 会员卡号"
    ),
    name=(
        "name, customer name, owner, owner name, full name, client name, 车主姓名, 车主名称, 车主, 车主名, 客户姓名, "
        "客户名称, 客户名, 姓名, 名称, 名字, 用户名称, 用户姓名, 客户, 会员姓名, 联系人, 联系人姓名, 联络人"
    ),
    sex="sex, gender, 性别, 车主性别, 客户性别, 称谓, 称呼",
    phone=(
        "phone, mobile, mobile phone, mobile no, mobile number, cell, cell phone, cellphone, 手机, 手机号, 手机号码, "
        "手机1, 手机号1, 车主手机, 车主手机号, 车主手机号码, 客户手机, 客户手机号, 客户手机号码, 移动电话, 移动电话1, "
        "移动电话号码, 行动电话, 行动电话号码, 联系手机, 联系人手机, 联系人手机号, 手机2, 手机号2, 移动电话2, "
        "phone number, phone no, contact number, contact no, contact phone, tel, telephone, tel no, telephone number, "
        "车主电话, 客户电话, 联系电话, 联系电话1, 联系电话一, 联络电话, 联系人电话, 联系方式, 联络方式, 电话, "
        "电话号码, 电话1, 会员手机, 会员电话, 联系电话2, 联系电话二, 电话2, 备用电话, 其他电话, 家庭电话, 住宅电话, "
        "单位电话, 办公电话, 固定电话"
    ),
    birthday=(
        "birthday, birth date, birthdate, date of birth, dob, 生日, 生日日期, 出生日期, 出生年月, 出生年月日, "
        "客户生日, 车主生日, 车主出生日期, 会员生日, 生辰, 农历生日, 阴历生日"
    ),
    language="language, 语言, 沟通语言, 语种",
    district=(
        "district, area, region, city, 区域, 地区, 区县, 县区, 所在区域, 所属区域, 所在区县, 城区, 行政区, 区, "
        "所在地区, 所属地区"
    ),
    plate=(
        "plate, plate no, plate number, license plate, license no, licence plate, registration, registration no, "
        "车牌号, 车牌号码, 车牌, 车辆牌号, 牌照号, 牌照号码, 牌照, 牌号, 号牌, 号牌号码, 车号"
    ),
    vin=_VIN,
    model=(
        "model, vehicle model, car model, model name, 车型, 车型名称, 车辆型号, 车辆车型, 车款, 车种, 销售车型, "
        "车型描述, 车系, 车系名称, 型号, 车型代码, series"
    ),
    delivered_on=(
        "delivered on, delivery date, date of delivery, delivered, 交车日期, 交车日, 交车时间, 实际交车日期, 交付日期, "
        "提车日期, 提车时间, sold on, sale date, sales date, date of sale, purchase date, 购车日期, 购车时间, "
        "购买日期, 购入日期, 销售日期, 销售时间, 售出日期, 零售日期, 开票日期, 保修起始日期, 质保开始日期, 出库日期"
    ),
    insurance_ends_on=(
        "insurance ends on, insurance end, insurance end date, insurance expiry, insurance expiry date, "
        "insurance expires, policy end, 保险到期, 保险到期日, 保险到期日期, 保险到期时间, 保险终止日期, 保险结束日期, "
        "保险截止日期, 保险有效期, 保险止期, 车险到期, 车险到期日, 车险到期日期, 续保到期日, 商业险到期, 商业险到期日, "
        "商业险到期日期, 商业险到期时间, 商业险终止日期, 商业险止期, 商业保险到期日, 商业保险到期日期, 交强险到期, "
        "交强险到期日, 交强险到期日期, 交强险到期时间, 交强险终止日期, 交强险止期, 强制险到期日, 强险到期日"
    ),
    inspection_ends_on=(
        "inspection ends on, inspection end, inspection end date, inspection due, inspection expiry, "
        "inspection expiry date, mot due, 年审到期, 年审到期日, 年审到期日期, 年审有效期, 年检到期, 年检到期日, "
        "年检到期日期, 年检到期时间, 年检有效期, 车检到期日, 验车到期日, 检验有效期, 检验有效期止, 下次年审日期, "
        "下次年检日期, 年审日期, 年检日期"
    ),
    loan_ends_on=(
        "loan ends on, loan end, loan end date, finance end, 按揭到期, 按揭到期日, 按揭到期日期, 按揭结束日期, "
        "按揭终止日期, 贷款到期, 贷款到期日, 贷款到期日期, 贷款结束日期, 贷款终止日期, 分期到期日, 金融到期日"
    ),
    warranty_ends_on=(
        "warranty ends on, warranty end, warranty end date, warranty expiry, warranty expiry date, 质保到期, "
        "质保到期日, 质保到期日期, 质保截止日期, 质保结束日期, 质保终止日期, 质保期至, 保修到期, 保修到期日, "
        "保修到期日期, 保修截止日期, 保修结束日期, 保修终止日期, 保修期至, 三包到期日, 三包到期日期, 三包截止日期, "
        "三包有效期"
    ),
    member_level=(
        "member level, membership, membership level, 会员等级, 会员级别, 会员卡等级, 会员类型, 会员卡类型, 会员, "
        "客户等级, 客户级别, vip等级"
    ),
    points="points, member points, points balance, 积分余额, 可用积分, 剩余积分, 当前积分, 会员积分, 积分",
    points_end_on=(
        "points end on, points end, points expiry, points expiry date, 积分到期, 积分到期日, 积分到期日期, 积分有效期, "
        "积分失效日期"
    ),
    referrer=(
        "referrer, referred by, referrer no, referrer number, referral customer no, 推荐人, 介绍人, 转介绍人, "
        "推荐人编号, 推荐人客户编号, 推荐客户编号, 介绍人编号, 介绍人客户编号, 转介绍人编号, 转介绍客户编号, "
        "老客户编号, 推荐车主, 推荐客户, 介绍客户, 转介绍客户"
    ),
    referrer_phone=(
        "referrer phone, referrer mobile, referrer phone number, referred by phone, 推荐人电话, 推荐人手机, "
        "推荐人手机号, 推荐人手机号码, 推荐人联系电话, 介绍人电话, 介绍人手机, 介绍人手机号, 介绍人手机号码, "
        "介绍人联系电话, 转介绍人电话, 转介绍人手机, 转介绍人手机号, 推荐客户电话, 推荐客户手机, 老客户电话, 老客户手机"
    ),
    state=(
        "state, vehicle state, vehicle status, car status, 车辆状态, 车辆现状, 车辆去向, status, 状态, 车辆性质, "
        "车辆用途, 使用性质, 用途"
    ),
    consent=(
        "consent, marketing, marketing consent, opt in, sms consent, 营销同意, 同意营销, 是否同意营销, "
        "是否同意接收营销短信, 是否接收营销短信, 是否接收营销信息, 是否接收短信, 接收短信, 短信同意, 营销许可, "
        "营销授权, 同意接收营销信息"
    ),
    consent_since=(
        "consent since, consent date, marketing consent since, marketing consent date, marketing since, 同意日期, "
        "同意时间, 营销同意日期, 营销同意时间, 授权日期, 授权时间, 营销授权日期"
    ),
    consent_source=(
        "consent source, marketing consent source, marketing source, 同意来源, 同意方式, 同意途径, 授权来源, 授权方式, "
        "营销同意来源"
    ),
)
_CUSTOMERS_SPARED = ("name", "phone", "birthday", "plate", "model", "delivered_on", "insurance_ends_on")
CUSTOMERS = Kind("customers", ("vin", "phone"), _CUSTOMERS_FIELDS, _CUSTOMERS_SPARED)
"""One row a vehicle with its owner."""

_VISITS_FIELDS = _fields(
    order_no=(
        "order no, order number, order id, repair order, repair order no, repair order number, ro no, ro number, ro, "
        "job no, job number, work order, work order no, 工单号, 工单号码, 工单编号, 工单, 维修工单号, 维修单号, "
        "维修单编号, 维修编号, 委托书号, 维修委托书号, 委托书编号, 委托单号, 施工单号, 派工单号, 接车单号, 服务单号, "
        "业务单号, 作业单号, 结算单号, 单据号, 单号"
    ),
    vin=_VIN,
    date_in=(
        "date in, check in, arrival date, 进厂日期, 进厂时间, 入厂日期, 入厂时间, 来厂日期, 来厂时间, 回厂日期, "
        "到厂日期, 进店日期, 进店时间, 到店日期, 到店时间, 来店日期, 来店时间, 接车日期, 接车时间, 送修日期, 送修时间, "
        "visit date, service date, opened, opened on, open date, order date, repair date, 开单日期, 开单时间, "
        "工单日期, 工单开单日期, 委托日期, 登记日期, 维修日期, 维修时间, 服务日期, date, 日期"
    ),
    odometer=(
        "odometer, odometer km, odometer reading, mileage, mileage in, km, kilometers, kilometres, 进厂里程, "
        "进厂里程数, 来厂里程, 入厂里程, 进店里程, 到店里程, 接车里程, 送修里程, 维修里程, 行驶里程, 行驶里程数, "
        "行驶公里数, 表显里程, 当前里程, 本次里程, 里程数, 里程, 公里数, 公里, 里程表读数, 里程表数, 进厂公里数"
    ),
    category=(
        "category, repair type, repair category, service type, service category, order type, job type, work type, "
        "type, 维修类别, 维修类型, 维修种类, 维修性质, 维修业务类型, 修理类别, 修理类型, 业务类型, 业务类别, 业务种类, "
        "服务类型, 服务类别, 工单类型, 工单类别, 工单性质, 委托书类型, 作业类型, 类别, 类型"
    ),
    amount=(
        "amount, paid amount, amount paid, 实收金额, 实收, 实付金额, 实收总额, 实收合计, invoice amount, 结算金额, "
        "结算总额, 结算总金额, 结算合计, 应收金额, 应收合计, 应收总额, total, total amount, grand total, revenue, "
        "总金额, 合计金额, 金额合计, 总费用, 费用合计, 总计, 合计, 维修金额, 维修总额, 维修费用, 工单金额, 金额, 费用, "
        "产值, 总产值"
    ),
    advisor=(
        "advisor, adviser, service advisor, service adviser, sa, 服务顾问, 服务顾问姓名, 维修顾问, 业务接待, 接待员, "
        "接待人员, 接待人, 接待, 接车员, 接车人, 服务专员, 顾问"
    ),
    coupon=(
        "coupon, coupon code, coupon no, voucher, voucher code, voucher no, 优惠券码, 优惠券号, 优惠券编号, 优惠券, "
        "优惠码, 券码, 券号, 卡券号, 卡券码, 卡券, 代金券号, 代金券码, 代金券, 抵用券号"
    ),
)
VISITS = Kind("visits", ("order_no", "vin", "date_in"), _VISITS_FIELDS)
"""One row a repair order. 结算日期 is no name of the day in: a car may stand in the workshop for weeks before."""

_RENEWALS_FIELDS = _fields(
    policy_no=(
        "policy no, policy number, policy, policy id, 保单号, 保单号码, 保险单号, 保险单号码, 保单编号, 商业险保单号, "
        "商业保单号, 商业险单号, 交强险保单号"
    ),
    vin=_VIN,
    insurer=(
        "insurer, insurance company, company, 保险公司, 保险公司名称, 承保公司, 承保保险公司, 承保机构, 投保公司, "
        "投保保险公司"
    ),
    starts_on=(
        "starts on, start, start date, policy start, effective date, valid from, 起保日期, 起保日, 保险起期, 起期, "
        "保险起始日期, 保险开始日期, 保险生效日期, 生效日期, 生效日, 商业险起保日期, 商业险起期, 商业险生效日期, "
        "交强险起保日期, 交强险起期, 开始日期, 起始日期"
    ),
    ends_on=(
        "ends on, end, end date, policy end, expiry, expiry date, valid to, 终保日期, 终保日, 保险止期, 止期, "
        "保险终止日期, 保险结束日期, 保险到期日, 保险到期日期, 保险到期, 到期日, 到期日期, 失效日期, 商业险终保日期, "
        "商业险止期, 商业险到期, 商业险到期日, 商业险到期日期, 交强险终保日期, 交强险止期, 交强险到期, 交强险到期日, "
        "交强险到期日期, 结束日期, 终止日期"
    ),
    issued_on=(
        "issued on, issue date, issued, written on, signed on, 出单日期, 出单时间, 签单日期, 签单时间, 投保日期, "
        "投保时间, 承保日期, 承保时间, 续保日期, 续保时间, 缴费日期"
    ),
    premium=(
        "premium, premium amount, total premium, 总保费, 保费合计, 合计保费, 实收保费, 保费, 保险费, 保费金额, "
        "签单保费, 含税保费, 商业险保费"
    ),
    commission="commission, 佣金, 佣金金额, 手续费, 手续费金额, 代理费, 返佣, 返利",
)
RENEWALS = Kind("renewals", ("policy_no", "vin", "ends_on"), _RENEWALS_FIELDS)
"""One row a policy."""

_CONTACTS_FIELDS = _fields(
    row_id="row, row id, row no, worklist row, entry, 清单编号, 清单行号, 招揽编号, 行号, 行编号",
    listed_on="list of, list date, listed on, 清单日期, 清单生成日期, 下发日期, 派发日期",
    purpose=(
        "purpose, call purpose, campaign, task, topic, 招揽项目, 跟进项目, 招揽类型, 跟进类型, 招揽目的, 跟进目的, "
        "任务类型, 任务, 活动, 项目, 目的"
    ),
    vin=_VIN,
    phone=", ".join(_CUSTOMERS_FIELDS["phone"]),
    contacted_on=(
        "day of the call, contacted on, contact date, contact day, contact time, call date, call time, called on, "
        "date of call, follow-up date, 跟进日期, 跟进时间, 联系日期, 联系时间, 联络日期, 回访日期, 回访时间, "
        "通话日期, 通话时间, 外呼日期, 外呼时间, 拨打日期, 拨打时间, 电话日期, 招揽日期, 招揽时间, date, 日期"
    ),
    clerk=(
        "clerk, agent, caller, called by, staff, operator, 客服专员, 客服, 专员, 跟进人, 跟进人员, 跟进专员, "
        "招揽员, 招揽人员, 招揽专员, 外呼人员, 外呼员, 回访员, 回访人员, 回访专员, 坐席, 座席, 电销员, 操作人, "
        "操作员, 处理人, 邀约人, 邀约专员"
    ),
    result=(
        "result, call result, contact result, outcome, disposition, 跟进结果, 联系结果, 联络结果, 通话结果, "
        "外呼结果, 回访结果, 招揽结果, 邀约结果, 电话结果, 跟进状态, 联系状态, 结果"
    ),
    reason_code=(
        "reason, reason code, reason for staying away, lost reason, 未到店原因, 未回厂原因, 未进厂原因, 未到原因, "
        "流失原因, 不来原因, 拒绝原因, 失败原因, 战败原因, 原因, 原因代码"
    ),
    odometer=(
        "odometer, mileage, odometer km, current mileage, km, 里程, 里程数, 行驶里程, 当前里程, 表显里程, 确认里程, "
        "最新里程, 公里数, 公里"
    ),
    booked_for=(
        "booked for, booking, booking date, appointment, appointment date, appointment time, 预约日期, 预约时间, "
        "预约到店日期, 预约到店时间, 预约进店时间, 预约进厂日期, 预约进厂时间, 预约回厂时间, 预约"
    ),
    next_contact_on=(
        "call again on, next contact, next contact date, next call, next call date, next follow-up, follow up on, "
        "下次跟进日期, 下次跟进时间, 下次跟进, 下次联系日期, 下次联系时间, 下次联系, 下次回访日期, 下次回访时间, "
        "再联系日期"
    ),
    note=(
        "note, notes, remark, remarks, comment, comments, 备注, 跟进备注, 跟进内容, 跟进记录, 联系内容, 沟通内容, "
        "沟通记录, 通话记录, 回访内容, 说明, 客户反馈"
    ),
)
_TOLD_OF_CONTACTS = (
    *("customer", "customer name", "name", "plate", "model", "due from", "due to", "why", "texted", "answered"),
    *("advisor", "known mileage", "last call"),
    *("客户", "客户姓名", "姓名", "车牌", "车牌号", "车型", "到期起", "到期止", "到期日起", "到期日止", "联系原因"),
    *("招揽原因", "短信情况", "短信", "客户回复", "回复", "服务顾问", "已知里程", "上次跟进"),
)
CONTACTS = Kind("contacts", ("contacted_on", "result"), _CONTACTS_FIELDS, told=_TOLD_OF_CONTACTS)
"""One row a call by staff: the worklist as it comes back, or what a call centre exports."""

KINDS: Mapping[str, Kind] = MappingProxyType({kind.name: kind for kind in (CUSTOMERS, VISITS, RENEWALS, CONTACTS)})
